/**
 * Clients that connect, read their greeting and then say nothing, in a process of their own.
 *
 * Run as a program it takes a port and a number of connections, prints a line once all were greeted, and holds them
 * until its standard input ends.
 */
import { spawn } from "node:child_process"
import * as net from "node:net"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(import.meta.url)
/** Connections that are being opened at a time; more would overrun the server's backlog. */
const openingMax = 64

/** Opens idle connections from another process; resolves once all were greeted. */
export const start = (port: number, count: number): Promise<{ readonly stop: () => Promise<void> }> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, String(port), String(count)], {
      stdio: ["pipe", "pipe", "inherit"]
    })
    const ended = new Promise<void>((done) => void child.once("exit", () => done()))
    child.once("error", reject)
    child.once("exit", (code) => reject(new Error(`the idle clients ended with status ${code}`)))
    child.stdout.once("data", () =>
      resolve({
        stop: () => {
          child.stdin.end()
          return ended
        }
      })
    )
  })

const open = (port: number): Promise<net.Socket> =>
  new Promise((resolve, reject) => {
    const socket = net.connect({ host: "127.0.0.1", port })
    socket.once("error", reject)
    socket.once("data", (greeting) => {
      if (String(greeting).startsWith("20")) resolve(socket)
      else reject(new Error(`greeted with ${String(greeting)}`))
    })
  })

const hold = async (port: number, count: number): Promise<void> => {
  const sockets: Array<net.Socket> = []
  let begun = 0
  const openSome = async (): Promise<void> => {
    while (begun < count) {
      begun += 1
      sockets.push(await open(port))
    }
  }
  await Promise.all(Array.from({ length: openingMax }, openSome))
  process.stdout.write("greeted\n")
  process.stdin.on("end", () => process.exit(0)).resume()
}

if (process.argv[1] === program) await hold(Number(process.argv[2]), Number(process.argv[3]))
