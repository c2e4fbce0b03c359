// Multiline: stack traces stay with the line they belong to.
import { describe, expect, it } from "vitest"
import { forEachRecord } from "./multiline.ts"

const join = (text: string, complete = true, options = { maxBytes: 10_000, maxLines: 100 }) => {
  const bytes = Buffer.from(text)
  const records: Array<string> = []
  const rest = forEachRecord(bytes, 0, bytes.length, complete, options, (start, end) =>
    records.push(bytes.toString("utf8", start, end))
  )
  return { records, rest: bytes.toString("utf8", rest) }
}

const trace = [
  "2026-01-19 10:30:00 ERROR failed",
  "java.lang.IllegalStateException: broken",
  "\tat com.example.A.b(A.java:1)",
  "at com.example.C",
  "Caused by: java.io.IOException: gone",
  "    ... 12 more"
].join("\n")

describe("forEachRecord", () => {
  it("joins a Java stack trace to the line before it", () => {
    const { records } = join(`start\n${trace}\n{"json": 1}\nend\n`)
    expect(records).toEqual(["start", trace, '{"json": 1}', "end"])
  })

  it("keeps back the last record while more of it may come", () => {
    expect(join("one\ntwo\n\tat x\n", false)).toEqual({ records: ["one"], rest: "two\n\tat x\n" })
  })

  it("joins no more lines and bytes than allowed", () => {
    const lines = `a\n${" b\n".repeat(5)}`
    expect(join(lines, true, { maxBytes: 10_000, maxLines: 3 }).records).toEqual(["a\n b\n b", " b\n b\n b"])
    expect(join(lines, true, { maxBytes: 5, maxLines: 100 }).records).toEqual(["a\n b", " b", " b", " b", " b"])
  })

  it("leaves line ends of Windows out of the record's end", () => {
    expect(join("a\r\n b\r\nc").records).toEqual(["a\r\n b", "c"])
  })

  it.each([
    [
      "Python, chained",
      "ERROR app: failed\nTraceback (most recent call last):\n  File \"/a.py\", line 3, in f\nKeyError: 'k'\nDuring handling of the above exception, another exception occurred:\nTraceback (most recent call last):\n  File \"/a.py\", line 5, in g\nException: ('spam', 'eggs')"
    ],
    ["Node", "ERROR failed\nTypeError: Cannot read properties\n    at f (/a.js:3:5) {\n  code: 'E1'\n}"],
    ["Ruby", "E, boom (RuntimeError)\n/a.rb:3:in `f'\n/a.rb:9:in `main'"]
  ])("joins a trace of %s, and no line behind it", (_, text) => {
    expect(join(`start\n${text}\nnext line\nEnd\n`).records).toEqual(["start", text, "next line", "End"])
  })

  it("takes an error of its own for a record of its own", () => {
    expect(join("start\nError: listen EADDRINUSE\nKey: value\n").records).toEqual([
      "start",
      "Error: listen EADDRINUSE",
      "Key: value"
    ])
  })
})
