// Tests of container lines: CRI and Docker's json-file, with the program's own line inside.
import { describe, expect, it } from "vitest"
import { isoOf, recordOf } from "../records-of.ts"

const stamp = "2026-11-20T14:22:01.345678912Z"

describe("cri", () => {
  it("reads the program's JSON, which wins over the stamp of the way", () => {
    const record = recordOf(`${stamp} stderr F {"level":"error","msg":"boom","time":"2026-11-20T14:22:00Z"}`)
    expect(record).toMatchObject({ body: "boom", severityNumber: 17 })
    expect(isoOf(record.timestamp)).toBe("2026-11-20T14:22:00.000000000")
    expect({ ...record.attributes }).toEqual({ stream: "stderr", "timestamp.stamp": stamp })
  })

  it("lets the stamp fill the gap of a line without a time, and marks parts", () => {
    const record = recordOf(`${stamp} stdout P first half of a long li`)
    expect(record.body).toBe("first half of a long li")
    expect(isoOf(record.timestamp)).toBe("2026-11-20T14:22:01.345678912")
    expect({ ...record.attributes }).toEqual({ stream: "stdout", "log.partial": "P" })
  })

  it("reads the program's text", () => {
    const record = recordOf(`${stamp} stdout F 2026-11-20 14:22:00 ERROR [main] a.B: boom`)
    expect(record).toMatchObject({ body: "boom", severityNumber: 17 })
    expect(record.attributes).toMatchObject({ thread: "main", component: "a.B", "timestamp.stamp": stamp })
  })
})

describe("docker", () => {
  const line = (log: string): string => JSON.stringify({ log: `${log}\n`, stream: "stdout", time: stamp })

  it("reads JSON and text inside the line, escaped or not", () => {
    expect(recordOf(line('{"level":"error","msg":"bo\\"om"}'))).toMatchObject({ body: 'bo"om', severityNumber: 17 })
    expect(recordOf(line('2026-11-20 14:22:00 ERROR a=1 "b"'))).toMatchObject({ body: 'a=1 "b"', severityNumber: 17 })
    const record = recordOf(line("2026-11-20 14:22:00 ERROR x"))
    expect(isoOf(record.timestamp)).toBe("2026-11-20T14:22:00.000000000")
    expect({ ...record.attributes }).toEqual({ stream: "stdout", "timestamp.stamp": stamp })
  })

  it("leaves a line of no form as it is, at its stamp", () => {
    const record = recordOf(line("just words"))
    expect(record.body).toBe("just words")
    expect(isoOf(record.timestamp)).toBe("2026-11-20T14:22:01.345678912")
    expect({ ...record.attributes }).toEqual({ stream: "stdout" })
  })
})
