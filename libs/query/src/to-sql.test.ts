// Unit tests of the SQL back end: the shape of conditions, and that nothing of a query stands in them.
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { parseQuery } from "./parse.ts"
import { toSql } from "./to-sql.ts"

const now = 1_790_900_000_000
const sql = (query: string) => toSql(parseQuery(query).ast, { now })

describe("a condition", () => {
  it.each([
    ["", "1"],
    ["timeout", "(hasToken(lowerUTF8(body), {p0:String}))"],
    ["service:api", "(lowerUTF8(service) = {p0:String})"],
    ["service = Api", "(service = {p0:String})"],
    ["severity >= WARN", "(severity_number >= {p0:Float64})"],
    ["level:error", "(lowerUTF8(severity) = {p0:String})"],
    ["user.id = x", "(attributes[{p0:String}] = {p1:String})"],
    ["resource.zone = x", "(resource[{p0:String}] = {p1:String})"],
    ["service IN (a, b)", "(service != '' AND service IN {p0:Array(String)})"],
    [
      "a:x OR NOT b:y",
      "((lowerUTF8(attributes[{p0:String}]) = {p1:String}) OR NOT (lowerUTF8(attributes[{p2:String}]) = {p3:String}))"
    ],
    ["trace_id:AB", "(trace_id != '' AND trace_id IN {p0:Array(String)})"],
    ["time:15m", "(timestamp >= fromUnixTimestamp64Nano({p0:Int64}))"]
  ])("for %j is %s", (query, condition) => expect(sql(query).condition).toBe(condition))

  it("carries the values as parameters", () => {
    expect(sql("`we'ird` = \"o'clock\" AND f LIKE 'a_%'").params).toEqual({
      p0: "we'ird",
      p1: "o'clock",
      p2: "f",
      p3: "(?s)^a..*$"
    })
  })

  it("asks the token index for every whole token of a phrase", () => {
    const { condition, params } = sql('"Connection reset" AND data*')
    expect(condition.match(/hasToken/g)).toHaveLength(2)
    expect(Object.values(params)).toEqual(
      expect.arrayContaining(["connection", "reset", expect.stringContaining("connection reset")])
    )
  })

  it("counts relative times from the given now", () => {
    expect(sql("time:15m").params).toEqual({ p0: String(BigInt(now - 900_000) * 1_000_000n) })
    expect(sql("timestamp > now-1h").params).toEqual({ p0: String(BigInt(now - 3_600_000) * 1_000_000n) })
  })

  it("holds none of the text of the query, whatever it is", () => {
    const name = fc.string({ unit: "binary", minLength: 1 }).map((text) => `z${text.replace(/[`\\]/g, "")}9q`)
    const value = fc.string({ unit: "binary" }).map((text) => `8z${text.replace(/["\\]/g, "")}z7`)
    const form = fc.constantFrom(":", "=", "!=", ">", "=~", "LIKE", "ILIKE")
    const allowed =
      /^(?:[a-zA-Z0-9_]+\(|[a-z_]+|NOT|AND|OR|IN|''|[()[\],]|[=<>!]+|\{p\d+:(?:String|Float64|Int64|U?Int\d+|Array\(String\))\}|[01]|\s+)*$/
    fc.assert(
      fc.property(name, value, form, (field, text, operator) => {
        const { condition } = sql(`\`${field}\` ${operator} "${text}" OR "${text}" OR \`${field}\` IN ("${text}", 5)`)
        expect(condition).not.toContain("8z")
        expect(condition).not.toContain("9q")
        expect(condition).toMatch(allowed)
      })
    )
  })
})
