/**
 * A bare site for tests that speak to it in lines.
 */
import * as NntpServer from "@lupin/nntp/NntpServer"
import { Disk, node } from "@lupin/spool/Disk"
import * as FileSpool from "@lupin/spool/FileSpool"
import { Injector } from "@lupin/spool/Injector"
import { Relayer } from "@lupin/spool/Relayer"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Effect, Layer, Logger } from "effect"
import * as net from "node:net"

/** A site of doors and an NNTP port over its files, on a disk. */
export const siteOn = (directory: string, disk: Disk = node, options: Partial<FileSpool.Options> = {}) =>
  Layer.build(
    Layer.fresh(
      NntpServer.layerTcp({ host: "127.0.0.1", port: 0 }).pipe(
        Layer.provideMerge(Layer.mergeAll(Injector.layer, Relayer.layer())),
        Layer.provideMerge(FileSpool.layer({ directory, durability: "fsync", ...options })),
        Layer.provideMerge(SiteIdentity.layer({ name: "a", path: "a.example", kind: "central", apps: "any" })),
        Layer.provide(Logger.layer([]))
      )
    )
  ).pipe(Effect.provideService(Disk, disk))

/** A connection that has greeted. */
export const dialled = (port: number) =>
  Effect.acquireRelease(
    Effect.callback<net.Socket>((resume) => {
      const socket = net.connect({ host: "127.0.0.1", port })
      socket.once("data", () => resume(Effect.succeed(socket)))
    }),
    (socket) => Effect.sync(() => void socket.destroy())
  )
/** Sends octets, and waits for what answers. */
export const ask = (socket: net.Socket, octets: string): Effect.Effect<string> =>
  Effect.callback<string>((resume) => {
    socket.once("data", (answer) => resume(Effect.succeed(String(answer))))
    socket.write(octets, "latin1")
  })
