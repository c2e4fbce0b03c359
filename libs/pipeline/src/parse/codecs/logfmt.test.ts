// Tests of the codec logfmt.
import { describe, expect, it } from "vitest"
import { isoOf, makeStage, recordOf } from "../records-of.ts"

const logfmt = { codec: "logfmt" }
const attributesOf = (text: string) => ({ ...recordOf(text, logfmt).attributes })

describe("logfmt", () => {
  it("fills the well-known fields and keeps the rest as attributes", () => {
    const record = recordOf(
      'ts=2026-01-19T10:30:00Z level=error msg="upstream gone" service=api status=502 retry',
      logfmt
    )
    expect(isoOf(record.timestamp)).toBe("2026-01-19T10:30:00.000000000")
    expect(record).toMatchObject({ severity: "ERROR", severityNumber: 17, body: "upstream gone", service: "api" })
    expect({ ...record.attributes }).toEqual({ status: "502", retry: "" })
  })

  it("unescapes quoted values and keeps a wrong escape as it stands", () => {
    expect(attributesOf(String.raw`a="q \"x\" \\ \t\né" b="\q"`)).toEqual({ a: 'q "x" \\ \t\né', b: "\\q" })
  })

  it("reads empty values, and takes control characters for spaces", () => {
    expect(attributesOf('a= b="" c=1\u001e d=2')).toEqual({ a: "", b: "", c: "1", d: "2" })
  })

  it("lets the last of equal keys win", () => {
    expect(attributesOf("a=1 a=2")).toEqual({ a: "2" })
  })

  it.each(['a="unterminated', 'a=1 k"ey=2', "a=1 =2", 'a="x"y', "a=b=c", "no pairs here"])("keeps %s raw", (text) => {
    expect(recordOf(text, logfmt)).toMatchObject({ parsed: false, body: text, attributes: {} })
  })

  it("asks for as many pairs as it is told to", () => {
    const stage = makeStage({ logfmt: { minimumPairs: 3 } })
    expect(recordOf("a=1 b=2", logfmt, stage).parsed).toBe(false)
    expect(recordOf("a=1 b=2 c=3", logfmt, stage).parsed).toBe(true)
  })
})
