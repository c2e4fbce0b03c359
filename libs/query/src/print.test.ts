// Unit tests of the canonical text: whatever was written, what is printed reads back as the same tree.
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Node } from "./ast.ts"
import { parseQuery } from "./parse.ts"
import { printQuery } from "./print.ts"
import { randomIndexedQuery, randomQuery } from "./random-query.ts"

/** A tree without positions and ways of writing. */
const essence = (node: Node): string =>
  JSON.stringify(node, (key, value) =>
    key === "from" || key === "to" || key === "raw" ? undefined : typeof value === "bigint" ? String(value) : value
  )

const readsBack = (query: string): void => {
  const { ast } = parseQuery(query)
  const printed = printQuery(ast)
  const again = parseQuery(printed)
  expect(again.diagnostics.filter((one) => one.severity === "error")).toEqual([])
  expect(`${printed}\n${essence(again.ast)}`).toBe(`${printed}\n${essence(ast)}`)
  expect(printQuery(again.ast)).toBe(printed)
}

const random = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })).map((numbers) => () => {
  return numbers.next().value as number
})

const pieces = [
  "AND",
  "OR",
  "NOT",
  "and",
  "or",
  "not",
  "(",
  ")",
  '"',
  "'",
  "`",
  "\\",
  "*",
  "?",
  ":",
  "=",
  "!=",
  ">",
  "=~"
]
const others = [
  "[",
  "]",
  "{",
  "}",
  "TO",
  "IN",
  "LIKE",
  "IS",
  "NULL",
  "EXISTS",
  "BETWEEN",
  "time:",
  "f",
  "level",
  ",",
  "-"
]
const scraps = fc
  .array(fc.tuple(fc.constantFrom(...pieces, ...others, "!", "&&", "||", "1", "5m", "é", "\0", "\ud800"), fc.boolean()))
  .map((all) => all.map(([piece, space]) => piece + (space ? " " : "")).join(""))

describe("the canonical text", () => {
  it("of any valid query reads back as the same tree", () => {
    fc.assert(
      fc.property(random, fc.boolean(), (next, indexed) =>
        readsBack((indexed ? randomIndexedQuery : randomQuery)(next))
      ),
      { numRuns: 1_500 }
    )
  })

  it("of what is left of a broken query reads back as the same tree", () => {
    fc.assert(fc.property(scraps, readsBack), { numRuns: 3_000 })
  })

  it.each([
    ["salt or", "salt AND \\or"],
    ["f:\\>5", "f:\\>5"],
    ["f:\\[x]", "f:\\[x]"],
    ["`NOT`:1", "`NOT`:1"],
    ["`time`:x", "`time`:x"],
    ["`a\\`b`:1", "`a\\`b`:1"],
    ['f BETWEEN "a]b" AND c', 'f:["a]b" TO c]']
  ])("of %j is %j", (query, expected) => {
    expect(printQuery(parseQuery(query).ast)).toBe(expected)
    readsBack(query)
  })
})
