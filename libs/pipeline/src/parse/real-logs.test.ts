// Tests on real logs of nine systems and on foreign test sets: counts, times and levels.
import { existsSync, readFileSync } from "node:fs"
import { severityNumberOf, severityTextOf } from "@tailrace/domain/severity"
import { rowsOfCsv } from "@tailrace/testing/csv"
import { describe, expect, it } from "vitest"
import { batchOf, isoOf, makeStage, recordOf } from "./records-of.ts"

// Real logs stand beside the repository, never in it.
const data = new URL("../../../../../shared/data/", import.meta.url)
const present = existsSync(data)
if (!present) console.warn("real logs: skipped, there is no ../shared/data beside the repository")

const textOf = (path: string): string => readFileSync(new URL(path, data), "utf8")

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
const two = (text: string | number): string => String(text).padStart(2, "0")
type Row = Record<string, string>
const spelled = (month: string, day: string, time: string): string => {
  const number = two(months.indexOf(month) + 1)
  // Frames of tests are received on 21 November 2026.
  return `${number > "11" ? 2025 : 2026}-${number}-${two(day)}T${time}`
}

/** When each system's line was written, from the columns of its labels. */
const times: Record<string, (row: Row) => string> = {
  Android: ({ Date: day, Time }) => `2026-${day}T${Time}`,
  Apache: ({ Time = "" }) => {
    const [, month = "", day = "", time, year] = Time.split(" ")
    return `${year}-${two(months.indexOf(month) + 1)}-${day}T${time}`
  },
  HDFS: ({ Date: date = "", Time = "" }) =>
    `20${date.padStart(6, "0").replace(/(..)(..)(..)/, "$1-$2-$3")}T${Time.padStart(6, "0").replace(/(..)(..)(..)/, "$1:$2:$3")}`,
  Hadoop: ({ Date: day, Time }) => `${day}T${Time?.replace(",", ".")}`,
  Linux: ({ Month = "", Date: day = "", Time = "" }) => spelled(Month, day, Time),
  OpenSSH: ({ Date: month = "", Day = "", Time = "" }) => spelled(month, Day, Time),
  OpenStack: ({ Date: day, Time }) => `${day}T${Time}`,
  Zookeeper: ({ Date: day, Time }) => `${day}T${Time?.replace(",", ".")}`
}

const letters: Record<string, number> = { V: 1, D: 5, I: 9, W: 13, E: 17, F: 21 }
const withoutLevel = new Set(["Linux", "OpenSSH"])

describe.skipIf(!present)("real logs", () => {
  it.each(Object.keys(times))("reads every timestamp and level of %s", (system) => {
    const log = textOf(`loghub/dev/${system}/${system}_2k.log`)
    const lines = log.split("\n").filter((line) => line.trim() !== "")
    const labels = rowsOfCsv(textOf(`loghub/dev/${system}/${system}_2k.structured.csv`))
    const batch = batchOf(log, { source: system })
    expect(batch.length).toBe(lines.length)
    expect(labels.length).toBe(lines.length)
    const wrong: Array<string> = []
    labels.forEach((label, row) => {
      const record = batch.record(row)
      const expected = new Date(`${times[system]?.(label)}Z`).toISOString()
      // These have no level of their own, but some programs begin their messages with one.
      const stated = /^(error|fatal|warning|ERROR|WARNING)[: ]/.exec(label.Content ?? "")?.[1]
      const level = withoutLevel.has(system)
        ? severityNumberOf(stated ?? "")
        : (letters[label.Level ?? ""] ?? severityNumberOf(label.Level ?? ""))
      const right =
        new Date(`${isoOf(record.timestamp).slice(0, 23)}Z`).toISOString() === expected &&
        record.severityNumber === level &&
        record.severity === severityTextOf(level) &&
        record.parsed
      if (!right) wrong.push(`${lines[row]} -> ${isoOf(record.timestamp)} ${record.severityNumber}`)
    })
    expect(wrong).toEqual([])
  })

  it("reads all fields of 10,000 access log lines, the one without its closing quote included", () => {
    const batch = batchOf(textOf("access/apache_logs.log"))
    expect(batch.length).toBe(10_000)
    let bytes = 0
    const hosts = new Set<string>()
    for (let row = 0; row < batch.length; row++) {
      const { attributes, parsed } = batch.record(row)
      bytes += Number(attributes.bytes ?? 0)
      hosts.add(attributes.client ?? "")
      expect(parsed && attributes["http.method"] !== undefined && attributes["http.status"]?.length === 3).toBe(true)
    }
    // What goaccess counts, by the README of the data.
    expect({ bytes, hosts: hosts.size }).toEqual({ bytes: 2_747_282_740, hosts: 1753 })
  })

  it("reads logfmt as go-logfmt does", () => {
    const cases: Array<{ input: string; records: Array<Array<[string, string | null]>>; error?: string }> = JSON.parse(
      textOf("logfmt/dev.json")
    )
    const stage = makeStage({ logfmt: { minimumPairs: 0 } })
    for (const { input, records, error } of cases) {
      const lines = input.split("\n").filter((line) => line !== "")
      lines.forEach((line, index) => {
        const record = recordOf(line, { codec: "logfmt", layout: "single" }, stage)
        const isError = error?.includes(`line ${index + 1}`)
        expect({ line, parsed: record.parsed }).toEqual({ line, parsed: !isError })
        if (isError) return
        // A later record of go-logfmt may follow an empty line, which is no message here.
        const expected = records.filter((pairs) => pairs.length > 0 || line.trim() === "")[
          line.trim() === "" ? 0 : index
        ]
        const seen = {
          ...record.attributes,
          ...(record.severity === "" ? {} : { level: record.severity.toLowerCase() })
        }
        expect({ line, seen }).toEqual({
          line,
          seen: Object.fromEntries((expected ?? []).map(([key, value]) => [key, value ?? ""]))
        })
      })
    }
  })

  it("accepts and refuses JSON documents as the test suite says", () => {
    const suite: Array<{ name: string; must: string; text?: string; b64?: string }> = JSON.parse(
      textOf("json/jsontestsuite.json")
    )
    const wrong: Array<string> = []
    for (const { name, must, text, b64 } of suite) {
      const document = text === undefined ? Buffer.from(b64 ?? "", "base64") : Buffer.from(text)
      const wrapped = Buffer.concat([Buffer.from('{"value":'), document, Buffer.from("}")])
      const { parsed } = recordOf(wrapped, { codec: "json", layout: "single" })
      if (must !== "either" && parsed !== (must === "accept")) wrong.push(name)
    }
    expect(wrong).toEqual([])
  })
})
