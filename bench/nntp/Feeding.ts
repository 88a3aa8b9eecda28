/**
 * Feeding load on an NNTP server: articles of the corpus offered through one or more connections, each exactly once.
 *
 * Articles are made before the clock starts, so that the one who feeds costs little beside the one who takes.
 */
import * as NewsDate from "@lupin/core/NewsDate"
import { Buffer } from "node:buffer"
import * as Corpus from "./Corpus.ts"
import { RawConnection } from "./RawConnection.ts"

export interface Load {
  readonly command: "TAKETHIS" | "IHAVE" | "CHECK"
  readonly port: number
  readonly connections: number
  /** Commands under way on each connection; IHAVE has one. */
  readonly window: number
  /** Indices of the corpus: from this one on, so many. */
  readonly first: number
  readonly count: number
  /** Nanoseconds of CPU the server has used so far. */
  readonly cpuNanos: () => number
}

export interface Result {
  readonly perSecond: number
  /** Of the server, for one article or command. */
  readonly cpuMicros: number
}

/** Minutes old that an article is when it is offered. */
const ageMillis = 60_000

/** Rejects at the first answer that is not the one of an article taken, or for CHECK known. */
export const run = async (load: Load): Promise<Result> => {
  const date = NewsDate.format(Date.now() - ageMillis)
  const shares = Array.from({ length: load.connections }, (_, share) => {
    const indices = Array.from({ length: Math.floor(load.count / load.connections) }, (_, turn) => {
      return load.first + share + turn * load.connections
    })
    return indices.map((index) => messagesOf(load.command, index, date))
  })
  const connections = await Promise.all(shares.map(() => RawConnection.open(load.port)))
  try {
    const cpuBefore = load.cpuNanos()
    const startedMillis = performance.now()
    await Promise.all(connections.map((connection, at) => give(connection, load, shares[at] ?? [])))
    const seconds = (performance.now() - startedMillis) / 1000
    const articles = shares.reduce((sum, share) => sum + share.length, 0)
    return { perSecond: articles / seconds, cpuMicros: (load.cpuNanos() - cpuBefore) / 1000 / articles }
  } finally {
    for (const connection of connections) connection.close()
  }
}

/** What goes out for one article: a command, and for IHAVE the article once it was asked for. */
interface Messages {
  readonly first: Buffer
  readonly article?: Buffer
}

const messagesOf = (command: Load["command"], index: number, date: string): Messages => {
  const line = Buffer.from(`${command} ${Corpus.idOf(index)}\r\n`, "latin1")
  if (command === "CHECK") return { first: line }
  const article = Buffer.concat([Corpus.articleOf(index, date), Buffer.from(".\r\n")])
  return command === "IHAVE" ? { first: line, article } : { first: Buffer.concat([line, article]) }
}

const give = (connection: RawConnection, load: Load, messages: ReadonlyArray<Messages>): Promise<void> =>
  new Promise((resolve, reject) => {
    const wanted = { TAKETHIS: 239, IHAVE: 235, CHECK: 438 }[load.command]
    const window = load.command === "IHAVE" ? 1 : load.window
    let sent = 0
    let answered = 0
    let out: Array<Buffer> = []
    connection.onTrouble(reject)
    connection.onReply = (code, octets, start, end) => {
      const asked = code === 335 ? messages[answered]?.article : undefined
      if (asked !== undefined) return void out.push(asked)
      if (code !== wanted) return reject(new Error(`${load.command}: ${octets.toString("latin1", start, end)}`))
      answered += 1
    }
    connection.onChunk = () => {
      while (sent < messages.length && sent - answered < window) out.push(messages[sent++]?.first ?? Buffer.alloc(0))
      if (out.length > 0) connection.send(out.length === 1 ? (out[0] ?? "") : Buffer.concat(out))
      out = []
      if (answered === messages.length) resolve()
    }
    connection.onChunk()
  })
