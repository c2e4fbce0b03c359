// Record ends: chunks end where a record does.
import { describe, expect, it } from "vitest"
import { LineChunks } from "./line-chunks.ts"
import { endOfRecords } from "./record-ends.ts"

describe("chunks that end with records", () => {
  it("never part a stack trace from its line", () => {
    const record = "ERROR failed\njava.io.IOException: gone\n\tat a.B(C.java:1)\n"
    const chunks = new LineChunks(64, endOfRecords)
    const bytes = Buffer.from(record.repeat(20))
    const seen: Array<string> = []
    for (let at = 0; at < bytes.length; at += 13)
      for (const chunk of chunks.push(bytes.subarray(at, at + 13))) seen.push(Buffer.from(chunk).toString())
    for (const chunk of chunks.end()) seen.push(Buffer.from(chunk).toString())
    expect(seen.join("")).toBe(record.repeat(20))
    expect(seen.length).toBeGreaterThan(5)
    for (const chunk of seen) expect(chunk.startsWith("ERROR failed\n")).toBe(true)
  })
})
