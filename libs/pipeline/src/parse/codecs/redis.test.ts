// Tests of the codec redis.
import { describe, expect, it } from "vitest"
import { isoOf, recordOf } from "../records-of.ts"

describe("redis", () => {
  it.each([
    ["#", 13],
    ["*", 10],
    ["-", 5],
    [".", 5]
  ])("reads time, process and the mark %s", (mark, severityNumber) => {
    const record = recordOf(`4213:M 20 Nov 2026 14:22:01.345 ${mark} overcommit_memory is set to 0!`)
    expect(record).toMatchObject({ body: "overcommit_memory is set to 0!", severityNumber })
    expect(isoOf(record.timestamp)).toBe("2026-11-20T14:22:01.345000000")
    expect({ ...record.attributes }).toEqual({ pid: "4213", "redis.role": "M" })
  })

  it("takes no line without a mark", () => {
    expect(recordOf("4213:M 20 Nov 2026 14:22:01.345 hello", { codec: "redis" }).parsed).toBe(false)
  })
})
