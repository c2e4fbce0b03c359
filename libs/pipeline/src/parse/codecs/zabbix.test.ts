// Tests of the codec zabbix.
import { describe, expect, it } from "vitest"
import { isoOf, makeStage, recordOf } from "../records-of.ts"

describe("zabbix", () => {
  it.each(["  1234:20261120:142201.345 server #1 started", "123456:20261120:142201.345 server #1 started"])(
    "reads %s",
    (line) => {
      const record = recordOf(line)
      expect(record).toMatchObject({ body: "server #1 started", attributes: { pid: line.slice(0, 6).trim() } })
      expect(isoOf(record.timestamp)).toBe("2026-11-20T14:22:01.345000000")
    }
  )

  it("reads times in the zone that is set", () => {
    const record = recordOf("1:20261120:142201.345 x", {}, makeStage({ zone: "Europe/Berlin" }))
    expect(isoOf(record.timestamp)).toBe("2026-11-20T13:22:01.345000000")
  })

  it("leaves other lines alone", () => {
    for (const other of [
      "  1234:20261320:142201.345 x",
      "1234:20261120:252201.345 x",
      "1234:20261120:142201.345",
      "  1: a"
    ])
      expect(recordOf(other, { codec: "zabbix" }).parsed).toBe(false)
  })
})
