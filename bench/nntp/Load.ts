/**
 * Load on an NNTP server: reads through one or more connections, a number of commands under way on each, and counts.
 *
 * Closed loop: the next command is sent when a reply has come; all that one chunk of octets answered is followed by one
 * write. An answer that is not the one awaited ends the run.
 */
import * as NewsDate from "@lupin/core/NewsDate"
import { Buffer } from "node:buffer"
import * as Corpus from "./Corpus.ts"
import { RawConnection } from "./RawConnection.ts"

/** The commands of one connection: endless, each with the code that its reply must have. */
export interface Script {
  /** The next command with its CRLF. */
  readonly next: () => string
  /** Judges a reply: whether it counts as an operation; throws where it is wrong. */
  readonly judge: (code: number, octets: Buffer, start: number, end: number) => boolean
}

export interface Options {
  readonly port: number
  readonly connections: number
  /** Commands under way on each connection. */
  readonly window: number
  readonly warmMillis: number
  readonly millis: number
  readonly script: (connection: number) => Script
  /** Nanoseconds of CPU the server has used so far. */
  readonly cpuNanos: () => number
}

export interface Result {
  readonly perSecond: number
  readonly p50Millis: number
  readonly p99Millis: number
  /** Of the server's processes, for one operation. */
  readonly cpuMicros: number
  /** How many replies were seen, the warm-up left out. */
  readonly operations: number
}

/** Runs the load for a while. Rejects at the first wrong answer. */
export const run = async (options: Options): Promise<Result> => {
  const connections = await Promise.all(
    Array.from({ length: options.connections }, () => RawConnection.open(options.port))
  )
  try {
    return await measure(options, connections)
  } finally {
    for (const connection of connections) connection.close()
  }
}

const measure = (options: Options, connections: ReadonlyArray<RawConnection>): Promise<Result> =>
  new Promise((resolve, reject) => {
    const latencies: Array<number> = []
    const startedMillis = performance.now()
    let measuredFromMillis = Number.POSITIVE_INFINITY
    let cpuBefore = 0
    let isOver = false

    const finish = (nowMillis: number): void => {
      isOver = true
      const cpuNanos = options.cpuNanos() - cpuBefore
      const sorted = Float64Array.from(latencies).toSorted()
      const at = (share: number): number =>
        sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
      resolve({
        perSecond: (sorted.length * 1000) / (nowMillis - measuredFromMillis),
        p50Millis: at(0.5),
        p99Millis: at(0.99),
        cpuMicros: cpuNanos / 1000 / sorted.length,
        operations: sorted.length
      })
    }

    for (const [index, connection] of connections.entries()) {
      const script = options.script(index)
      const sentMillis = new Float64Array(options.window)
      let first = 0
      let answered = 0
      let nowMillis = 0
      const fail = (error: unknown): void => {
        isOver = true
        reject(error instanceof Error ? error : new Error(String(error)))
      }
      connection.onTrouble(fail)
      connection.onReply = (code, octets, start, end) => {
        if (isOver) return
        if (answered === 0) nowMillis = performance.now()
        answered += 1
        try {
          const isCounted = script.judge(code, octets, start, end)
          const sent = sentMillis[first] ?? 0
          if (isCounted && sent >= measuredFromMillis) latencies.push(nowMillis - sent)
        } catch (error) {
          fail(error)
        }
        first = (first + 1) % options.window
      }
      connection.onChunk = () => {
        if (isOver || answered === 0) return
        if (measuredFromMillis === Number.POSITIVE_INFINITY && nowMillis - startedMillis >= options.warmMillis) {
          measuredFromMillis = nowMillis
          cpuBefore = options.cpuNanos()
        }
        if (nowMillis - measuredFromMillis >= options.millis) return finish(nowMillis)
        sendMore(answered)
        answered = 0
      }
      const sendMore = (count: number): void => {
        let text = ""
        const atMillis = performance.now()
        const from = first + options.window - count
        for (let turn = 0; turn < count; turn++) {
          text += script.next()
          sentMillis[(from + turn) % options.window] = atMillis
        }
        connection.send(text)
      }
      sendMore(options.window)
    }
  })

/** Made once: the client is not to be what is measured. */
const articleCommands = Array.from({ length: Corpus.size }, (_, index) => `ARTICLE ${Corpus.idOf(index)}\r\n`)

/** ARTICLE by Message-ID, of articles chosen evenly from the corpus. */
export const articles = (connection: number): Script => {
  let turn = connection * 1_000_003
  return {
    next: () => {
      turn += 1
      return articleCommands[Corpus.mix(turn) % Corpus.size] ?? ""
    },
    judge: (code, _, start, end) => {
      if (code !== 220 || end - start < 700) throw new Error(`ARTICLE was answered ${code} in ${end - start} octets`)
      return true
    }
  }
}

const rowsAsked = 100
const perGroup = 10

/** OVER of 100 rows somewhere in a group; a GROUP goes before every tenth and is not counted. */
export const overviews = (connection: number, ranges: ReadonlyMap<string, readonly [number, number]>): Script => {
  const groups = [...ranges.keys()]
  let turn = connection * 1_000_003
  let asked = 0
  let replied = 0
  let group = ""
  return {
    next: () => {
      turn += 1
      if (asked++ % (perGroup + 1) === 0) {
        group = groups[Corpus.mix(turn) % groups.length] ?? ""
        return `GROUP ${group}\r\n`
      }
      const [low, high] = ranges.get(group) ?? [0, 0]
      const first = low + (Corpus.mix(turn) % (high - low - rowsAsked + 2))
      return `OVER ${first}-${first + rowsAsked - 1}\r\n`
    },
    judge: (code, _, start, end) => {
      const isGroup = replied++ % (perGroup + 1) === 0
      if (code !== (isGroup ? 211 : 224)) throw new Error(`${isGroup ? "GROUP" : "OVER"} was answered ${code}`)
      if (!isGroup && end - start < rowsAsked * 100) throw new Error(`OVER was answered in ${end - start} octets`)
      return !isGroup
    }
  }
}

/** One connection that asks and awaits, for what goes before and after the load. */
export const talk = async <A>(
  port: number,
  conversation: (
    ask: (text: string | Uint8Array) => Promise<{ readonly code: number; readonly text: string }>
  ) => Promise<A>
): Promise<A> => {
  const connection = await RawConnection.open(port)
  let answer: (reply: { readonly code: number; readonly text: string }) => void = () => {}
  let trouble: (error: Error) => void = () => {}
  connection.onReply = (code, octets, start, end) => answer({ code, text: octets.toString("latin1", start, end) })
  connection.onTrouble((error) => trouble(error))
  try {
    return await conversation(
      (text) =>
        new Promise((resolve, reject) => {
          answer = resolve
          trouble = reject
          connection.send(text)
        })
    )
  } finally {
    connection.close()
  }
}

const articlesAtOnce = 100

/** Gives a server the corpus by TAKETHIS. Rejects where it refuses an article. */
export const feed = async (port: number): Promise<void> => {
  const connection = await RawConnection.open(port)
  const date = NewsDate.format(Date.now() - 60_000)
  const takeThis = (index: number): Buffer =>
    Buffer.concat([
      Buffer.from(`TAKETHIS ${Corpus.idOf(index)}\r\n`, "latin1"),
      Corpus.articleOf(index, date),
      Buffer.from(".\r\n")
    ])
  try {
    await new Promise<void>((resolve, reject) => {
      let sent = 0
      let taken = 0
      const more = (): void => {
        const until = Math.min(sent + articlesAtOnce, Corpus.size)
        const pieces: Array<Buffer> = []
        while (sent < until) pieces.push(takeThis(sent++))
        connection.send(Buffer.concat(pieces))
      }
      connection.onTrouble(reject)
      connection.onReply = (code, octets, start, end) => {
        if (code !== 239) return reject(new Error(`TAKETHIS was answered ${octets.toString("latin1", start, end)}`))
        taken += 1
        if (taken === Corpus.size) resolve()
        else if (taken === sent) more()
      }
      more()
    })
  } finally {
    connection.close()
  }
}

/** The lowest and the highest number of each group of the corpus. Throws where a group has too few for an OVER. */
export const ranges = (port: number): Promise<ReadonlyMap<string, readonly [number, number]>> =>
  talk(port, async (ask) => {
    const found = new Map<string, readonly [number, number]>()
    for (const group of Corpus.groups) {
      const { code, text } = await ask(`GROUP ${group}\r\n`)
      const [, , low, high] = text.split(" ").map(Number)
      if (code !== 211 || low === undefined || high === undefined || high - low < rowsAsked) {
        throw new Error(`${group} has too few articles: ${text}`)
      }
      found.set(group, [low, high])
    }
    return found
  })

/** Checks what the load takes on trust: bodies of some articles, and the rows of some overviews. */
export const verify = (port: number, known: ReadonlyMap<string, readonly [number, number]>): Promise<void> =>
  talk(port, async (ask) => {
    for (let index = 0; index < Corpus.size; index += Math.floor(Corpus.size / 50)) {
      const { text } = await ask(`ARTICLE ${Corpus.idOf(index)}\r\n`)
      if (!text.endsWith(`\r\n\r\n${Corpus.bodyOf(index)}.\r\n`))
        throw new Error(`article ${index} is not as it was sent`)
    }
    for (const [group, [low]] of [...known].slice(0, 20)) {
      await ask(`GROUP ${group}\r\n`)
      const { text } = await ask(`OVER ${low}-${low + rowsAsked - 1}\r\n`)
      const rows = text.split("\r\n").slice(1, -2)
      if (rows.length !== rowsAsked) throw new Error(`OVER gave ${rows.length} rows of ${rowsAsked} in ${group}`)
      if (rows.some((row, at) => Number(row.split("\t")[0]) !== low + at))
        throw new Error(`rows of ${group} are not in order`)
    }
  })
