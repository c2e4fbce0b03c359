// Framing of syslog over TCP: octet counting and line ends, mixed, malformed, oversize, in any chunks.
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { SyslogStream, withoutLineEnd } from "./syslog-stream.ts"

const cut = (input: string, options: { readonly maxBytes?: number; readonly chunk?: number } = {}) => {
  const messages: Array<string> = []
  const cuts: Array<number> = []
  let incomplete = 0
  const stream = new SyslogStream(options.maxBytes ?? 65_536, {
    message: (message, missing) => {
      messages.push(Buffer.from(message).toString())
      cuts.push(missing)
    },
    incomplete: () => incomplete++
  })
  const bytes = Buffer.from(input)
  const step = options.chunk ?? bytes.length
  for (let at = 0; at < bytes.length; at += step) stream.push(bytes.subarray(at, at + step))
  stream.end()
  return { messages, cuts, incomplete }
}

describe("SyslogStream", () => {
  it.each([1, 2, 3, 7, 1000])("tells counted messages from lines, in chunks of %i bytes", (chunk) => {
    const input = "11 <1>counted\n<2>a line\r\n10 <3>with\nLF2026-01-19 plain text\n12 monkeys\n0 no count\n"
    expect(cut(input, { chunk }).messages).toEqual([
      "<1>counted",
      "<2>a line",
      "<3>with\nLF",
      "2026-01-19 plain text",
      "12 monkeys",
      "0 no count"
    ])
  })

  it("cuts messages longer than the cap in both framings and goes on with the next", () => {
    const { cuts, messages } = cut(`30 <1>${"x".repeat(27)}5 <2>ok<3>${"y".repeat(20)}\n<4>z\n`, { maxBytes: 10 })
    expect(messages).toEqual([`<1>${"x".repeat(7)}`, "<2>ok", `<3>${"y".repeat(7)}`, "<4>z"])
    expect(cuts).toEqual([20, 0, 13, 0])
  })

  it.each([1, 4, 1000])(
    "ends a message at NUL as well, while the connection stays open, in chunks of %i bytes",
    (chunk) => {
      const messages: Array<string> = []
      const stream = new SyslogStream(1_000, {
        message: (message) => messages.push(Buffer.from(message).toString()),
        incomplete: () => messages.push("incomplete")
      })
      const bytes = Buffer.from("<13>one\0<13>two\0\n6 <13>3\n<13>four\0")
      for (let at = 0; at < bytes.length; at += chunk) stream.push(bytes.subarray(at, at + chunk))
      expect(messages).toEqual(["<13>one", "<13>two", "<13>3", "<13>four"])
    }
  )

  it("hands on what arrived of a message that breaks off, and says so", () => {
    expect(cut("16 <1>1")).toEqual({ messages: ["<1>1"], cuts: [0], incomplete: 1 })
    expect(cut("<1>1")).toEqual({ messages: ["<1>1"], cuts: [0], incomplete: 0 })
  })

  it("takes a length that nobody means for the beginning of a line, so that what follows is not swallowed", () => {
    const messages: Array<string> = []
    const stream = new SyslogStream(100, {
      message: (message) => messages.push(Buffer.from(message).toString()),
      incomplete: () => messages.push("incomplete")
    })
    stream.push(Buffer.from("99999999 <1>x\n<2>next\n4 <3>y"))
    stream.end()
    expect(messages).toEqual(["99999999 <1>x", "<2>next", "<3>y"])
  })

  it("holds no more than the cap of a length that lies", () => {
    const before = process.memoryUsage().arrayBuffers
    const { incomplete, messages } = cut("9999999 <1>short", { maxBytes: 1024 })
    expect(messages).toEqual(["<1>short"])
    expect(incomplete).toBe(1)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000)
  })
})

describe("withoutLineEnd", () => {
  it("takes one line end away and no more", () => {
    const stripped = (text: string) => Buffer.from(withoutLineEnd(Buffer.from(text))).toString()
    expect(["a", "a\n", "a\r\n", "a\n\n", "\n", ""].map(stripped)).toEqual(["a", "a", "a", "a\n", "", ""])
  })
})

const path = join(import.meta.dirname, "../../../../../shared/data/syslog/framing.json")
interface Case {
  readonly descr: string
  readonly input: string
  readonly messages?: number
  readonly max_message_length?: number
  readonly best_effort?: ReadonlyArray<{ readonly message?: { readonly priority: number } }>
}

describe.skipIf(!existsSync(path))("streams of the framing corpus (absent: shared/data/syslog/framing.json)", () => {
  const corpus = existsSync(path)
    ? (JSON.parse(readFileSync(path, "utf8")) as Record<"octet_counting" | "non_transparent", ReadonlyArray<Case>>)
    : { octet_counting: [], non_transparent: [] }

  it.each(corpus.octet_counting.map((one) => [one.descr, one] as const))("octet counting: %s", (_, one) => {
    const { messages } = cut(one.input, { maxBytes: one.max_message_length ?? 8192, chunk: 1000 })
    const priorities = messages.map((message) => Number(/^<(\d+)>/.exec(message)?.[1] ?? Number.NaN))
    // Every message that a lenient parser finds is there in order; what is none is kept as it came.
    const expected = (one.best_effort ?? []).flatMap(({ message }) => (message === undefined ? [] : [message.priority]))
    let at = 0
    for (const priority of priorities) if (priority === expected[at]) at++
    expect(expected.slice(at)).toEqual([])
  })

  it.each(corpus.non_transparent.map((one) => [one.descr, one] as const))("line ends: %s", (_, one) => {
    const lines = one.input.split("\n").filter((line) => line !== "")
    expect(cut(one.input, { chunk: 3 }).messages).toEqual(lines)
  })
})
