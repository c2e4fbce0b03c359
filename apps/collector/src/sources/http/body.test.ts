// Body: messages and errors of request bodies of each format.
import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import type { Body, ReadLimits, Slice } from "../../http/body-reader.ts"
import { type BodyFormat, openBody } from "./body.ts"

/** Reads to the end, after each slice in other bytes than before; those it ended with, and how often it read. */
const readWhole = (given: Buffer, format: BodyFormat, limits: ReadLimits, slice?: Slice) => {
  let bytes = given
  let reads = 1
  const reader = openBody(bytes, format, limits, slice)
  for (; !reader.read(); reads++) {
    const moved = Buffer.from(bytes)
    bytes.fill(0)
    bytes = moved
    reader.moveTo(bytes)
  }
  return { body: reader.body(), bytes, reads }
}

const read = (
  text: string,
  format: BodyFormat,
  limit = 1_000_000,
  slice?: Slice
): { body: Body; messages: Array<string> } => {
  const { body, bytes } = readWhole(Buffer.from(text), format, { maxMessageBytes: limit, maxItems: 1_000_000 }, slice)
  const messages: Array<string> = []
  let counted = 0
  for (let i = 0; i < body.runs.length; i += 3) {
    const lines = bytes.toString("utf8", body.runs[i], body.runs[i + 1]).split("\n")
    messages.push(...lines.map((line) => line.replace(/\r$/, "")).filter((line) => line !== ""))
    counted += body.runs[i + 2]
  }
  assert.strictEqual(counted, messages.length)
  assert.strictEqual(body.accepted, messages.length)
  return { body, messages }
}

describe("a body", () => {
  it("takes one object, an array, lines of objects and objects on end", () => {
    assert.deepStrictEqual(read('{"a":1}', "json").messages, ['{"a":1}'])
    assert.deepStrictEqual(read(' [{"a":1}, {"b":2}] ', "json").messages, ['{"a":1}', '{"b":2}'])
    assert.deepStrictEqual(read("[]", "json").body, {
      runs: [],
      accepted: 0,
      rejected: 0,
      errors: [],
      broken: false,
      tooMany: false,
      codec: "json"
    })
    assert.deepStrictEqual(read('{"a":1}\r\n\n{"b":2}\n', "ndjson").messages, ['{"a":1}', '{"b":2}'])
    assert.deepStrictEqual(read('{"a":1} {"b":2}{"c":3}', "json").messages, ['{"a":1}', '{"b":2}', '{"c":3}'])
    assert.deepStrictEqual(read('\ufeff{"a":1}', "json").messages, ['{"a":1}'])
  })

  it("makes one line of an item that is spread over several", () => {
    const items = [{ a: [1, { b: "x\ny" }] }, { c: null }]
    const { messages } = read(JSON.stringify(items, undefined, 2), "json")
    assert.deepStrictEqual(
      messages.map((message) => JSON.parse(message)),
      items
    )
  })

  it("keeps every record of any array and any run of objects, whatever the white space", () => {
    const space = fc.stringMatching(/^[ \n\r\t]{0,3}$/)
    const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }))
    fc.assert(
      fc.property(fc.array(fc.tuple(object, space, space), { minLength: 1 }), space, (items, around) => {
        const texts = items.map(([item]) => JSON.stringify(item, undefined, 1))
        const array = `${around}[${items.map(([, a, b], i) => a + texts[i] + b).join(",")}]${around}`
        const run = items.map(([, a, b], i) => a + texts[i] + b).join("")
        for (const text of [array, run]) {
          for (const format of ["json", "unknown"] as const) {
            const { messages } = read(text, format)
            assert.deepStrictEqual(
              messages.map((message) => JSON.parse(message)),
              texts.map((one) => JSON.parse(one))
            )
          }
        }
      })
    )
  })

  it("takes the right lines and says which are wrong, where and why", () => {
    const { body, messages } = read('{"a":1}\n{"b":}\nplain\n42\n{"c":3} x\n{"d":4}\n', "ndjson")
    assert.deepStrictEqual(messages, ['{"a":1}', '{"d":4}'])
    assert.deepStrictEqual(body.errors, [
      { index: 1, position: { offset: 13, line: 2, column: 6 }, message: 'expected a value, found "}"' },
      { index: 2, position: { offset: 15, line: 3, column: 1 }, message: 'expected a value, found "p"' },
      { index: 3, position: { offset: 21, line: 4, column: 1 }, message: "item must be a JSON object" },
      { index: 4, position: { offset: 32, line: 5, column: 9 }, message: 'expected the end of the line, found "x"' }
    ])
    assert.strictEqual(body.rejected, 4)
    assert.isFalse(body.broken)
  })

  it("takes the objects of an array, refuses its other items, and counts lines of the body as it was sent", () => {
    const { body, messages } = read('[{"a":\n1},\n"text",{"b":2},\n\n 3]', "json")
    assert.deepStrictEqual(messages, ['{"a": 1}', '{"b":2}'])
    assert.deepStrictEqual(
      body.errors.map(({ index, position }) => [index, position.line, position.column]),
      [
        [1, 3, 1],
        [3, 5, 2]
      ]
    )
  })

  it("takes nothing of an array that breaks off", () => {
    const { body } = read('[{"a":1},\n{"b":2', "json")
    assert.isTrue(body.broken)
    assert.strictEqual(body.accepted, 0)
    assert.deepStrictEqual(body.errors, [
      { index: 1, position: { offset: 16, line: 2, column: 7 }, message: 'text ends where "," or "}" should come' }
    ])
  })

  it("takes plain lines as they are and refuses those that are too long", () => {
    const { body, messages } = read("one\r\n\r\n\ntoo long a line\n{not json\n", "lines", 9)
    assert.deepStrictEqual(messages, ["one", "{not json"])
    assert.deepStrictEqual(
      body.errors.map(({ index, position }) => [index, position.offset, position.line]),
      [[1, 8, 4]]
    )
    assert.strictEqual(body.codec, "auto")
  })

  it("knows bodies without a type by their first value", () => {
    assert.strictEqual(read('{"a":1}\n{"b":2}', "unknown").body.codec, "json")
    assert.strictEqual(read('[{"a":1}]', "unknown").body.codec, "json")
    assert.deepStrictEqual(read("[error] it broke\nagain", "unknown").messages, ["[error] it broke", "again"])
    assert.deepStrictEqual(read("{broken\n", "unknown").messages, ["{broken"])
  })

  it("gives the first hundred errors and counts all", () => {
    const { body } = read("x\n".repeat(250), "ndjson")
    assert.strictEqual(body.rejected, 250)
    assert.strictEqual(body.errors.length, 100)
  })

  it("is read in slices of any size as it is in one", () => {
    const piece = fc.constantFrom(
      '{"a":1}',
      "{\n}",
      '{"b":[1,\n2]}',
      "\n",
      "\r\n",
      " ",
      "x",
      "5",
      ",",
      "[",
      "]",
      '"',
      "{}{}",
      "\n\n\n"
    )
    const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(""))
    const array = fc.array(fc.constantFrom('{"a":\n1}', "3", " {} ", '"x\ty"', "\n[1]"), { maxLength: 30 })
    const body = fc.oneof(
      text,
      array.map((items) => `[${items.join(",")}]`)
    )
    const slices = fc.record({ items: fc.integer({ min: 1, max: 6 }), bytes: fc.integer({ min: 1, max: 40 }) })
    fc.assert(
      fc.property(
        body,
        slices,
        fc.constantFrom<BodyFormat>("json", "ndjson", "lines", "unknown"),
        (all, slice, format) => {
          assert.deepStrictEqual(read(all, format, 6, slice), read(all, format, 6))
        }
      ),
      { numRuns: 1_000 }
    )
  })

  it("is not read beyond the most items that are taken, whatever its form", () => {
    const limits = { maxMessageBytes: 1_000, maxItems: 10_000 }
    const forms: ReadonlyArray<readonly [string, BodyFormat]> = [
      ["x\n", "ndjson"],
      ["x\n", "lines"],
      ['{"a":1}\n', "ndjson"],
      ["{}", "json"],
      ["x\n", "json"]
    ]
    for (const [item, format] of forms) {
      const most = readWhole(Buffer.from(item.repeat(10_000)), format, limits).body
      assert.deepStrictEqual([most.tooMany, most.accepted + most.rejected], [false, 10_000], format)
      const more = readWhole(Buffer.from(item.repeat(10_001)), format, limits).body
      assert.deepStrictEqual([more.tooMany, more.accepted + more.rejected], [true, 10_000], format)
    }
    for (const item of ["1", "{}", "[]"]) {
      const array = (items: number) => Buffer.from(`[${Array.from({ length: items }, () => item).join(",")}]`)
      assert.isFalse(readWhole(array(10_000), "json", limits).body.tooMany)
      assert.isTrue(readWhole(array(10_001), "json", limits).body.tooMany)
    }
  })

  it("of millions of items is read in short slices, and let go at its bound", () => {
    const limits = { maxMessageBytes: 1_000, maxItems: 262_144 }
    for (const format of ["ndjson", "lines", "json"] as const) {
      const { body, reads } = readWhole(Buffer.from("x\n".repeat(600_000)), format, limits)
      assert.isTrue(body.tooMany)
      assert.strictEqual(body.errors.length, format === "lines" ? 0 : 100)
      assert.isAtLeast(reads, 262_144 / 4_096)
    }
    // No items at all, and still no slice is long.
    assert.isAtLeast(readWhole(Buffer.alloc(1_000_000, "\n"), "lines", limits).reads, 1_000_000 / 4_096)
  })

  it("passes over an item that is too long to be a message in slices, and goes on behind it", () => {
    const long = JSON.stringify({ a: '"[ \\'.repeat(100_000), b: [...Array(200_000).keys(), { c: "}" }] })
    const limits = { maxMessageBytes: 1_000, maxItems: 100 }
    const slice = { items: 100, bytes: 10_000 }
    const bodies: ReadonlyArray<readonly [string, BodyFormat]> = [
      [`{"n":1}\n${long}\n{"n":2}`, "ndjson"],
      [`{"n":1}${long}{"n":2}`, "json"],
      [`[{"n":1},${long} , {"n":2}]`, "json"]
    ]
    for (const [text, format] of bodies) {
      const { body, reads } = readWhole(Buffer.from(text), format, limits, slice)
      assert.deepStrictEqual([body.accepted, body.rejected, body.broken], [2, 1, false], format)
      assert.include(body.errors[0]?.message, `message of ${Buffer.byteLength(long)} bytes exceeds the limit`)
      assert.isAtLeast(reads, long.length / 10_000)
    }
    assert.isTrue(readWhole(Buffer.from(`[${long.slice(0, -1)}`), "json", limits, slice).body.broken)
    assert.strictEqual(readWhole(Buffer.from(long), "unknown", limits, slice).body.codec, "json")
  })
})
