/**
 * Positions of followers in a file: a line each time one is saved, the last line of a follower counts.
 *
 * A line reaches the system at once and the disk when it likes; a torn or damaged line is passed over. A log that was not
 * synced may have lost its newest events in a power cut and kept the positions behind them: such a position is cut back,
 * since the log uses it again.
 */
import { Buffer } from "node:buffer"
import * as path from "node:path"
import { crc32 } from "node:zlib"
import type { Disk } from "../Disk.ts"

export interface PositionsFile {
  readonly read: (follower: string) => number | undefined
  readonly save: (follower: string, position: number) => void
  /** Events of the log, at least, that followers had been told of before it was opened and that it has lost. */
  readonly lost: number
  readonly close: () => void
}

/** The file is written anew with one line a follower once it has grown so long. */
const fileBytesMax = 1024 * 1024

/** `head`: where the log ends now. */
export const open = (directory: string, disk: Disk, head: number): PositionsFile => {
  const name = path.join(directory, "positions")
  const positions = new Map<string, number>()
  const text = Buffer.from(disk.load(name) ?? []).toString("utf8")
  for (const line of text.split("\n")) {
    const saved = parse(line)
    if (saved !== undefined) positions.set(saved.follower, saved.position)
  }
  const lost = Math.max(head, ...positions.values()) - head
  for (const [follower, position] of positions) if (position > head) positions.set(follower, head)

  let bytes = 0
  const rewrite = (): number => {
    const lines = Buffer.from([...positions].map(([follower, position]) => format(follower, position)).join(""))
    disk.replace(name, lines)
    bytes = lines.length
    return disk.open(name, "existing")
  }
  let file = rewrite()

  return {
    read: (follower) => positions.get(follower),
    save: (follower, position) => {
      if (positions.get(follower) === position) return
      positions.set(follower, position)
      const line = Buffer.from(format(follower, position))
      disk.write(file, [line], bytes)
      bytes += line.length
      if (bytes <= fileBytesMax) return
      disk.close(file)
      file = rewrite()
    },
    lost,
    close: () => disk.close(file)
  }
}

const format = (follower: string, position: number): string => {
  const text = `${position} ${encodeURIComponent(follower)}`
  return `${text} ${crc32(text).toString(16)}\n`
}

const parse = (line: string): { readonly follower: string; readonly position: number } | undefined => {
  const [, text, digits, name, crc] = /^((\d{1,16}) (\S+)) ([0-9a-f]+)$/.exec(line) ?? []
  if (text === undefined || name === undefined || crc32(text).toString(16) !== crc) return undefined
  return { follower: decodeURIComponent(name), position: Number(digits) }
}
