/**
 * A whole site in this process, with its NNTP server on a free port of the loopback.
 */
import * as Article from "@lupin/core/Article"
import * as NewsDate from "@lupin/core/NewsDate"
import { Injector } from "@lupin/spool/Injector"
import { Relayer } from "@lupin/spool/Relayer"
import { SiteIdentity } from "@lupin/spool/SiteIdentity"
import { Spool } from "@lupin/spool/Spool"
import { Layer } from "effect"
import { Buffer } from "node:buffer"
import type * as Network from "../src/Network.ts"
import * as NntpServer from "../src/NntpServer.ts"

export type Services = Spool | Injector | Relayer | SiteIdentity

/** What the server of a site needs, over a spool in memory. */
export const services = (name: string): Layer.Layer<Services> =>
  Layer.mergeAll(Injector.layer, Relayer.layer()).pipe(
    Layer.provideMerge(Spool.layerMemory),
    Layer.provideMerge(SiteIdentity.layer({ name, path: `${name}.test`, kind: "central", apps: "any" }))
  )

/** The site and its server. */
export const layer = (
  name: string,
  options: NntpServer.Options & { readonly port?: number; readonly nntps?: Network.Address } = {}
) =>
  NntpServer.layerTcp({ host: "127.0.0.1", port: 0, ...options }).pipe(Layer.provideMerge(services(name)), Layer.orDie)

/** A proto-article as a newsreader posts it. */
export const proto = (subject: string, groups = "misc.test", body: string | Uint8Array = "hello\r\n"): Uint8Array =>
  Article.make(
    [
      ["From", "Ann <ann@example.test>"],
      ["Newsgroups", groups],
      ["Subject", subject]
    ],
    body
  )

/** An article as a peer sends it, injected elsewhere at `atMillis`. */
export const relayed = (
  id: string,
  atMillis: number,
  groups = "misc.test",
  body: string | Uint8Array = "hello\r\n",
  path = "far.test!.POSTED!not-for-mail"
): Buffer =>
  Buffer.from(
    Article.make(
      [
        ["Path", path],
        ["From", "Bob <bob@example.test>"],
        ["Newsgroups", groups],
        ["Subject", `about ${id}`],
        ["Date", NewsDate.format(atMillis)],
        ["Message-ID", id]
      ],
      body
    )
  )
