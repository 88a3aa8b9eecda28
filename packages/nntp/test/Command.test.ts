import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Command from "../src/Command.ts"
import * as CommandTable from "../src/CommandTable.ts"

const word = fc.oneof(
  fc.constantFrom(
    ...CommandTable.rows.flatMap(({ keyword }) => keyword.split(" ")),
    "<a@b>",
    "1-",
    "7",
    "*",
    "-",
    "misc.test",
    "20260101",
    "000000",
    "GMT",
    ""
  ),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "binary", maxLength: 6 })
)
const anyLine = fc.array(word, { maxLength: 6 }).map((words) => words.join(" "))

describe("Command", () => {
  it("makes something of every line", () => {
    fc.assert(
      fc.property(anyLine, (line) => typeof Command.parse(line)._tag === "string"),
      { numRuns: 2000 }
    )
  })

  it("takes keywords in any case, and spaces and tabs between and after words", () => {
    const samples = [
      "GROUP misc.test",
      "MODE READER",
      "LIST ACTIVE comp.*",
      "OVER 1-5",
      "NEWNEWS * 20260101 000000 GMT"
    ]
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.infiniteStream(fc.boolean()),
        fc.constantFrom(" ", "  ", "\t", " \t "),
        (sample, flips, gap) => {
          const isUpper = flips.next().value === true
          const [first = "", second, ...rest] = sample.split(" ")
          const twoWords = /^(?:MODE|LIST)$/.test(first)
          const keyword = (text: string): string => (isUpper ? text : text.toLowerCase())
          const words = [
            keyword(first),
            ...(second === undefined ? [] : [twoWords ? keyword(second) : second]),
            ...rest
          ]
          expect(Command.parse(words.join(gap) + gap)).toEqual(Command.parse(sample))
        }
      )
    )
  })

  it("sees an article coming behind every line that begins with TAKETHIS", () => {
    fc.assert(
      fc.property(anyLine, (rest) => Command.parse(`takethis ${rest}`)._tag === "TakeThis"),
      { numRuns: 500 }
    )
    expect(Command.parse("TAKETHIS")).toEqual({ _tag: "TakeThis", id: "" })
    expect(Command.parse("TAKETHISNOT <a@b>")).toEqual({ _tag: "Unknown" })
  })

  it("tells an unknown command from bad arguments", () => {
    expect(Command.parse("FROBNICATE")).toEqual({ _tag: "Unknown" })
    expect(Command.parse("")).toEqual({ _tag: "Unknown" })
    for (const line of ["GROUP", "MODE", "MODE FOO", "LIST FOO", "OVER x", "ARTICLE 1-2", "HDR", "DATE now", "IHAVE"]) {
      expect(Command.parse(line)._tag).toBe("BadSyntax")
    }
    expect(Command.parse("GROUP a\0b")._tag).toBe("BadSyntax")
    expect(Command.parse("DATE\rDATE")._tag).toBe("BadSyntax")
  })

  it("reads ranges: one number, open to the end, and from to", () => {
    const range = (text: string) => {
      const command = Command.parse(`OVER ${text}`)
      return command._tag === "Over" && command.which._tag === "Numbers"
        ? [command.which.low, command.which.high]
        : command
    }
    expect(range("5")).toEqual([5, 5])
    expect(range("5-")).toEqual([5, Number.MAX_SAFE_INTEGER])
    expect(range("5-9")).toEqual([5, 9])
    expect(range("9-5")).toEqual([9, 5])
    expect(range("-5")).toMatchObject({ _tag: "BadSyntax" })
  })

  it("tells LISTGROUP of the selected group from LISTGROUP of one that cannot be", () => {
    expect(Command.parse("LISTGROUP")).not.toHaveProperty("name")
    expect(Command.parse("LISTGROUP ..")).toMatchObject({ name: undefined })
    expect(Command.parse("LISTGROUP misc.test 3-4")).toMatchObject({ name: "misc.test", low: 3, high: 4 })
  })

  it("knows commands with an id by their start and argument as it knows their lines", () => {
    const argument = fc.oneof(anyLine, fc.constantFrom("<a@b>", "<a@b> ", "1-2", "", " <a@b>", "<a@b> <c@d>"))
    fc.assert(
      fc.property(fc.nat({ max: Command.usualStarts.length - 1 }), argument, (at, rest) => {
        const line = String.fromCharCode(...(Command.usualStarts[at] ?? [])) + rest
        const found = Command.ofArgument(at, rest)
        if (found !== undefined) expect(found).toEqual(Command.parse(line))
      })
    )
    expect(Command.usualStarts.map((_, at) => Command.ofArgument(at, "<a@b>"))).not.toContain(undefined)
  })
})
