/**
 * The articles that both servers hold in a benchmark: made from their index alone, the same in every run.
 *
 * About 1.1 kB each, in one to three of two hundred groups, as the articles of a busy day are.
 */
import { Buffer } from "node:buffer"

/** Articles held while reading is measured. */
export const size = 20_000

const groupsMax = 200
const crosspostMax = 3
const bodyBytes = 700

/** Every group of the corpus. */
export const groups: ReadonlyArray<string> = Array.from(
  { length: groupsMax },
  (_, index) => `bench.${["rec", "comp", "soc", "sci"][index % 4] ?? ""}.topic-${index}`
)

/** The Message-ID of an article, by its index. */
export const idOf = (index: number): string => `<${mix(index).toString(16).padStart(8, "0")}.${index}@bench.invalid>`

/** The groups of an article. */
export const groupsOf = (index: number): ReadonlyArray<string> => {
  const count = 1 + (mix(index ^ 0x5bd1) % crosspostMax)
  const first = mix(index ^ 0x9e37)
  return Array.from({ length: count }, (_, turn) => groups[(first + turn * 67) % groupsMax] ?? "")
}

/** An article as it stands on the wire, without its terminator; no line of it begins with a dot. */
export const articleOf = (index: number, date: string): Buffer => {
  const header = [
    "Path: feeder.bench.invalid!not-for-mail",
    `From: Reader ${mix(index) % 1000} <reader${mix(index) % 1000}@bench.invalid>`,
    `Newsgroups: ${groupsOf(index).join(",")}`,
    `Subject: Article ${index} about ${mix(index ^ 7).toString(36)}`,
    `Date: ${date}`,
    `Message-ID: ${idOf(index)}`,
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=us-ascii"
  ]
  return Buffer.from(`${header.join("\r\n")}\r\n\r\n${bodyOf(index)}`, "latin1")
}

/** The body of an article: lines of 70 letters. */
export const bodyOf = (index: number): string => {
  const lines: Array<string> = []
  for (let at = 0; at < bodyBytes / 70; at++)
    lines.push(
      mix(index * 64 + at)
        .toString(36)
        .padStart(68, "x")
    )
  return `${lines.join("\r\n")}\r\n`
}

/** Thirty-two well mixed bits of a number. */
export const mix = (value: number): number => {
  let bits = (value + 0x9e3779b9) | 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad)
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97)
  return (bits ^ (bits >>> 15)) >>> 0
}
