// Tests of the codec csv.
import { Schema } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { ParseConfig } from "../parse-config.ts"
import { isoOf, makeStage, recordOf } from "../records-of.ts"

type Options = NonNullable<(typeof ParseConfig.Encoded)["csv"]>

const read = (text: string, csv: Options = {}) => recordOf(text, { layout: "single" }, makeStage({ codec: "csv", csv }))
const fieldsOf = (text: string, csv: Options = {}) => ({ ...read(text, csv).attributes })
const columns = ["time", "level", "user", "message"]

describe("csv", () => {
  it("names cells by the columns and fills well-known fields", () => {
    const record = read('2026-11-20 10:30:00,WARN,ann,"disk ""a"", full"', { columns })
    expect(isoOf(record.timestamp)).toBe("2026-11-20T10:30:00.000000000")
    expect(record).toMatchObject({
      parsed: true,
      severity: "WARN",
      body: 'disk "a", full',
      attributes: { user: "ann" }
    })
  })

  it.each<[string, Options, Record<string, string>]>([
    ["a,b,,d", {}, { column1: "a", column2: "b", column4: "d" }],
    ["a\tb c", { separator: "\t", columns: ["x", "y"] }, { x: "a", y: "b c" }],
    ["'a;b';c", { separator: ";", quote: "'" }, { column1: "a;b", column2: "c" }],
    ['"two\nlines",x', { columns: ["a", "b"] }, { a: "two\nlines", b: "x" }],
    ["1,2,3", { columns: ["a", "", "c"] }, { a: "1", c: "3" }],
    ["only", { columns: ["one"] }, { one: "only" }]
  ])("reads %j with %j", (text, options, fields) => {
    expect(fieldsOf(text, options)).toEqual(fields)
  })

  it("keeps the row beside its fields where it has more or fewer cells than there are columns", () => {
    expect(fieldsOf("1,2,3", { columns: ["a", "b"] })).toEqual({
      a: "1",
      b: "2",
      column3: "3",
      "log.original": "1,2,3"
    })
    expect(fieldsOf("1,2", { columns: ["a", "b", "c"] })).toMatchObject({ a: "1", b: "2" })
  })

  it.each(["one cell", '"open,b', '"a"b,c', "time,level,user,message"])("leaves %s as it came", (text) => {
    expect(read(text, { columns })).toMatchObject({ parsed: false, body: text, attributes: {} })
  })

  it("reads back every table that RFC 4180 writes", () => {
    const cell = fc.string({ unit: fc.constantFrom("a", "b", ",", '"', "\n", " "), minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(fc.array(cell, { minLength: 2, maxLength: 5 }), (cells) => {
        const row = cells.map((text) => `"${text.replaceAll('"', '""')}"`).join(",")
        const { "log.original": _, ...fields } = fieldsOf(row)
        expect(fields).toEqual(Object.fromEntries(cells.map((text, index) => [`column${index + 1}`, text])))
      })
    )
  })

  it("refuses separators that are no single character, and a quote that is the separator", () => {
    const decode = (csv: object) => () => Schema.decodeUnknownSync(ParseConfig)({ csv })
    expect(decode({ separator: ",," })).toThrow("one character")
    expect(decode({ separator: '"' })).toThrow("different")
  })
})
