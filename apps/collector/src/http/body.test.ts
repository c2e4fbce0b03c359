// Body: messages and errors of request bodies of each format.
import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import { type Body, type BodyFormat, readBody } from "./body.ts"

const read = (text: string, format: BodyFormat, limit = 1_000_000): { body: Body; messages: Array<string> } => {
  const bytes = Buffer.from(text)
  const body = readBody(bytes, format, limit)
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

describe("readBody", () => {
  it("takes one object, an array, lines of objects and objects on end", () => {
    assert.deepStrictEqual(read('{"a":1}', "json").messages, ['{"a":1}'])
    assert.deepStrictEqual(read(' [{"a":1}, {"b":2}] ', "json").messages, ['{"a":1}', '{"b":2}'])
    assert.deepStrictEqual(read("[]", "json").body, {
      runs: [],
      accepted: 0,
      rejected: 0,
      errors: [],
      broken: false,
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
})
