// Tests of searching patterns: what is found, and that the work grows with the text alone.
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { compilePattern, re2 } from "./pattern.ts"
import type { PatternSearch } from "./pattern-search.ts"
import { ThreadSearch } from "./thread-search.ts"

const encode = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))

/** What the fields of a search hold after it: nothing for those that took no part. */
const textsOf = (search: PatternSearch, slots: Int32Array, bytes: Uint8Array): ReadonlyArray<string | undefined> =>
  search.program.fields.map((_, index) =>
    slots[2 * index] < 0 ? undefined : Buffer.from(bytes.subarray(slots[2 * index], slots[2 * index + 1])).toString()
  )

const found = (pattern: string, text: string): ReadonlyArray<string | undefined> | undefined => {
  const search = compilePattern(pattern)
  const bytes = encode(text)
  return search.search(bytes, 0, bytes.length) ? textsOf(search, search.slots, bytes) : undefined
}

/** Patterns that JavaScript's engine reads alike, with a group around each part. */
const patterns = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom("a", "b", "c", ".", "[ab]", "[^a]", "\\w", "\\b", "\\d", "^", "$"),
    fc.tuple(tie("node"), tie("node")).map(([left, right]) => `${left}${right}`),
    fc.tuple(tie("node"), tie("node")).map(([left, right]) => `(?:${left}|${right})`),
    fc
      .tuple(
        tie("node").filter((node) => !/^(?:\\b|\^|\$)$/.test(node)),
        fc.constantFrom("*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{0,2}?")
      )
      .map(([node, count]) => `(?:${node})${count}`),
    tie("node").map((node) => `(?<group>${node})`)
  )
})).node

/** Numbers the groups, which JavaScript wants to have names of their own. */
const numbered = (pattern: string): string => {
  let groups = 0
  return pattern.replaceAll("(?<group>", () => `(?<g${groups++}>`)
}

const texts = fc.string({ unit: fc.constantFrom("a", "b", "c", " ", "1"), maxLength: 12 })

describe("a search", () => {
  it.each([
    ["(?<a>a+)(?<b>b*?)(?<c>.*)", "xxaabbcc", ["aa", "", "bbcc"]],
    ["(?<first>\\w+) (?<rest>.*)$", "one two three", ["one", "two three"]],
    ['(?P<key>[a-z]+)=(?P<value>"[^"]*"|\\S+)', 'x key="a b" c', ["key", '"a b"']],
    ["(?<short>a|ab)(?<long>c|bcd)", "abcd", ["a", "bcd"]],
    ["(?i)(?<level>warn(?:ing)?)", "WARNING: x", ["WARNING"]],
    ["(?<![0-9])(?<number>[0-9]+)(?![0-9.])", "12.5 77", ["5"]],
    ["(?<left>.)(?<right>.)$", "äö", ["ä", "ö"]],
    ["(?<all>[^ ]{2})", "日本 x", ["日本"]],
    ["(?<a>x)?(?<b>y)", "y", [undefined, "y"]]
  ])("finds %s in %s", (pattern, text, fields) => {
    expect(found(pattern, text)).toEqual(fields)
  })

  it("is over without a match where there is none", () => {
    expect(found("^a+$", "aab")).toBeUndefined()
    expect(found("\\bcat\\b", "concat")).toBeUndefined()
  })

  it("finds what JavaScript's engine finds, whatever the pattern and the text", () => {
    fc.assert(
      fc.property(patterns.map(numbered), texts, (pattern, text) => {
        const wanted = new RegExp(pattern, "s").exec(text)
        const search = compilePattern(pattern, { ...re2, dotTakesNewline: true })
        const bytes = encode(text)
        const matches = search.search(bytes, 0, bytes.length)
        expect(matches).toBe(wanted !== null)
        if (wanted === null) return
        const names = search.program.fields.map(({ name }) => name)
        // JavaScript forgets a group when the repetition around it goes on without it; all others keep it.
        if (/[*+?}]/.test(pattern) && names.length > 0) return
        expect(textsOf(search, search.slots, bytes)).toEqual(names.map((name) => wanted.groups?.[name]))
      }),
      { numRuns: 1000 }
    )
  })

  it("finds by its tables what it finds by threads, fields and all", () => {
    fc.assert(
      fc.property(patterns, fc.array(texts, { minLength: 1, maxLength: 4 }), (pattern, lines) => {
        const search = compilePattern(pattern)
        const threads = new ThreadSearch(search.program)
        for (const line of lines) {
          const bytes = encode(`..${line}..`)
          const slots = new Int32Array(search.slots.length).fill(-1)
          const matches = threads.search(bytes, 2, bytes.length - 2, slots)
          expect(search.search(bytes, 2, bytes.length - 2)).toBe(matches)
          if (matches) expect([...search.slots]).toEqual([...slots])
        }
      }),
      { numRuns: 1000 }
    )
  })
})

describe("the work of a search", () => {
  /** Patterns that engines which turn back take ages for. */
  const slow = ["^(?:a+)+$", "^(?:a|aa)*$", "(?:a*)*b", "(?:.*)(?:.*)(?:.*)=x", "^(?:a?){30}a{30}$", "(?:(?:a|b)+c?)+d"]

  it.each(slow)("for %s is at most the states of the pattern times the bytes", (pattern) => {
    const search = compilePattern(pattern)
    const states = search.program.operations.length
    for (const length of [100, 1000, 10_000]) {
      const bytes = encode(`${"a".repeat(length)}!`)
      const before = search.steps
      search.search(bytes, 0, bytes.length)
      expect(search.steps - before).toBeLessThanOrEqual(8 * states * (length + 2))
    }
  })

  it("is at most states times bytes for any pattern and text, and two reads a byte once the text's kinds are known", () => {
    fc.assert(
      fc.property(patterns, texts, fc.integer({ min: 1, max: 200 }), (pattern, text, times) => {
        const search = compilePattern(pattern)
        const bytes = encode(text.repeat(times))
        search.search(bytes, 0, bytes.length)
        // A state is looked at once for each way that leads to it, in each of the two directions.
        const ways = search.program.targets.reduce((sum, targets) => sum + targets.length + 1, 0)
        expect(search.steps).toBeLessThanOrEqual(4 * ways * (bytes.length + 2))
        const before = search.steps
        search.search(bytes, 0, bytes.length)
        expect(search.steps - before).toBeLessThanOrEqual(2 * bytes.length)
      }),
      { numRuns: 500 }
    )
  })

  it("stays linear where a text fills the tables, and the next text is read as ever", () => {
    // Going back through the text, sets tell apart which of the last twelve letters were a: more than are remembered.
    const hard = compilePattern("c[ab]{12}a(?<end>[ab]*)$")
    let seed = 1
    const letters = Array.from({ length: 30_000 }, () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return seed > 1_073_741_824 ? "a" : "b"
    })
    const bytes = encode(`c${letters.join("")}`)
    const threads = new ThreadSearch(hard.program)
    const slots = new Int32Array(2)
    expect(hard.search(bytes, 0, bytes.length)).toBe(threads.search(bytes, 0, bytes.length, slots))
    expect(hard.slots).toEqual(slots)
    const states = hard.program.operations.length
    // More than twice what a text costs whose sets are remembered, and still no more than every state at every byte.
    expect(hard.steps).toBeGreaterThan(4 * bytes.length)
    expect(hard.steps).toBeLessThanOrEqual(16 * states * bytes.length)
    expect(hard.search(encode("cabababababababb"), 0, 16)).toBe(true)
  })
})

describe("a pattern that is refused", () => {
  it.each([
    ["(?>a+)b", 1, "atomic group"],
    ["a++", 3, "possessive"],
    ["x(a)\\1", 5, "reference to what a group took"],
    ["(?=ab)c", 1, "more than one character"],
    ["(?<!ab)c", 1, "more than one character"],
    ["ab(", 3, "not closed"],
    ["a)b", 2, "without an opening one"],
    ["[a-", 1, "not closed"],
    ["[z-a]", 2, "ends before it begins"],
    ["*a", 1, "nothing in front"],
    ["a{2000}", 2, "above 1000"],
    ["a{3,2}", 2, "less than its least"],
    ["(?y)a", 1, "unknown flag"],
    ["\\q", 1, "unknown escape"],
    ["[[:klingon:]]", 2, "unknown class"],
    ["(?:(?:a{1000}){1000})", 1, "states"],
    ["(".repeat(300), 201, "deep"]
  ])("%s says at character %i that it has %s", (pattern, position, words) => {
    expect(() => compilePattern(pattern)).toThrow(words)
    expect(() => compilePattern(pattern)).toThrow(`(character ${position})`)
  })

  it("is refused in words, never with another error, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."()[]{}?*+|\\^$.:<>=!ab1,-&é"), maxLength: 24 }), (text) => {
        try {
          const bytes = encode("ab1é")
          compilePattern(text).search(bytes, 0, bytes.length)
        } catch (problem) {
          expect((problem as Error).constructor.name).toBe("PatternProblem")
        }
      }),
      { numRuns: 2000 }
    )
  })
})
