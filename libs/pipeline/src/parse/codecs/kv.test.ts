// Tests of the codec kv.
import { Schema } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { ParseConfig } from "../parse-config.ts"
import { isoOf, makeStage, recordOf } from "../records-of.ts"

type Options = NonNullable<(typeof ParseConfig.Encoded)["kv"]>

const read = (text: string, kv: Options = {}) => recordOf(text, { layout: "single" }, makeStage({ codec: "kv", kv }))
const fieldsOf = (text: string, kv: Options = {}) => ({ ...read(text, kv).attributes })

describe("kv", () => {
  it("reads pairs with the usual marks, fills well-known fields and keeps the line as the body", () => {
    const record = read('ts=2026-11-20T10:30:00Z level=error user="ann b" tries=3')
    expect(isoOf(record.timestamp)).toBe("2026-11-20T10:30:00.000000000")
    expect(record).toMatchObject({ parsed: true, severity: "ERROR" })
    expect(record.body).toBe('ts=2026-11-20T10:30:00Z level=error user="ann b" tries=3')
    expect({ ...record.attributes }).toEqual({ user: "ann b", tries: "3" })
  })

  it.each<[string, Options, Record<string, string>]>([
    ["a:1, b:2,c", { between: ",", assign: ":" }, { a: "1", b: "2", c: "" }],
    ["a => x y || b => z", { between: "||", assign: "=>" }, { a: "x y", b: "z" }],
    ['"k one" : "v \\"q\\"" ,  n   : m', { between: ",", assign: ":" }, { "k one": 'v "q"', n: "m" }],
    ["a= b= c=x", { trim: false }, { a: "", b: "", c: "x" }],
    ['a: b, c: "d" e: f', { between: ",", assign: ":" }, { a: "b", c: '"d" e: f' }],
    ["a=1;;b=2;", { between: ";" }, { a: "1", b: "2" }],
    ["x=it's y='a b'", {}, { x: "it's", y: "a b" }],
    ["x=1 =odd", {}, { x: "1", "=odd": "" }],
    ["x=1 y=2", { prefix: "app." }, { "app.x": "1", "app.y": "2" }]
  ])("reads %s with %j", (text, options, fields) => {
    expect(fieldsOf(text, options)).toEqual(fields)
  })

  it("keeps all values of a key that comes several times", () => {
    expect(fieldsOf("tag=a tag=b tag=c x=1")).toEqual({ tag: '["a","b","c"]', x: "1" })
    expect(fieldsOf("tag tag=b")).toEqual({ tag: "b" })
  })

  it("leaves a message without pairs, with too few, or with words where none may be, as it came", () => {
    expect(read("nothing here")).toMatchObject({ parsed: false, body: "nothing here", attributes: {} })
    expect(read("a=1", { minimumPairs: 2 }).parsed).toBe(false)
    expect(read("a=1 b", { words: false }).parsed).toBe(false)
  })

  it("reads any bytes without a throw, in a number of steps that their length bounds", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "=", " ", '"', "'", "\\", ","), maxLength: 60 }), (text) => {
        fc.pre(text.trim() !== "")
        const record = read(text, { between: "," })
        expect(record.parsed || record.body === text).toBe(true)
      })
    )
  })

  it("refuses marks that are the same", () => {
    expect(() => Schema.decodeUnknownSync(ParseConfig)({ kv: { between: "=", assign: "=" } })).toThrow("different")
  })
})
