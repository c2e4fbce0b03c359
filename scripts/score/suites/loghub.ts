// The suite loghub: times and levels in the headers of real logs of sixteen systems.
import { severityNumberOf } from "@tailrace/domain/severity"
import { batchOf } from "../../../libs/pipeline/src/parse/records-of.ts"
import { rowsOfCsv } from "../../../libs/testing/src/csv.ts"
import type { DataFolder } from "../data-folder.ts"
import { compared, type Suite, type Verdict } from "../suite.ts"

type Row = Readonly<Record<string, string>>

export const loghub: Suite = {
  name: "loghub",
  asks: "Time and level of every line of real logs, found without configuration.",
  wanted: 99,
  needs: (data) => [`loghub/${data.split}`],
  run: async (data) => data.folders(`loghub/${data.split}`).flatMap((system) => verdictsOf(data, system))
}

const verdictsOf = (data: DataFolder, system: string): ReadonlyArray<Verdict> => {
  const timeOf = times[system]
  if (timeOf === undefined) return []
  const folder = `loghub/${data.split}/${system}/${system}_2k`
  const log = data.text(`${folder}.log`)
  const lines = log.split("\n").filter((line) => line.trim() !== "")
  const batch = batchOf(log, { source: system })
  return rowsOfCsv(data.text(`${folder}.structured.csv`)).map((label, row) => {
    const record = batch.record(row)
    const line = lines[row] ?? ""
    const time = timeOf(label, line)
    const level = levelOf(system, label)
    return compared(`${system} ${row + 1}`, system, [
      ["time", new Date(`${time}Z`).toISOString(), new Date(Number(record.timestamp / 1_000_000n)).toISOString()],
      ["level", level, record.severityNumber],
      ["parsed", true, record.parsed]
    ])
  })
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
const two = (text: string | number): string => String(text).padStart(2, "0")
const pairs = (digits: string, mark: string): string =>
  digits.padStart(6, "0").replace(/(..)(..)(..)/, `$1${mark}$2${mark}$3`)

/** Lines without a year were written before they were received, in November 2026. */
const spelled = (month = "", day = "", time = ""): string => {
  const number = two(months.indexOf(month) + 1)
  return `${number > "11" ? 2025 : 2026}-${number}-${two(day)}T${time}`
}
const ofEpoch = (seconds = ""): string => new Date(Number(seconds) * 1000).toISOString().slice(0, 19)

/** When each system's line was written, by the columns of its labels, in UTC without mark. */
const times: Readonly<Record<string, (row: Row, line: string) => string>> = {
  Android: ({ Date: day, Time }) => `2026-${day}T${Time}`,
  Apache: ({ Time = "" }) => {
    const [, month = "", day = "", time, year] = Time.split(" ")
    return `${year}-${two(months.indexOf(month) + 1)}-${day}T${time}`
  },
  BGL: ({ Time = "" }) => Time.replace(/^(.{10})-(..)\.(..)\.(..)\.(...).*$/, "$1T$2:$3:$4.$5"),
  HDFS: ({ Date: date = "", Time = "" }) => `20${pairs(date, "-")}T${pairs(Time, ":")}`,
  HPC: ({ Time }) => ofEpoch(Time),
  Hadoop: ({ Date: day, Time }) => `${day}T${Time?.replace(",", ".")}`,
  HealthApp: ({ Time = "" }) => {
    const [, year, month, day, clock = ""] = /^(....)(..)(..)-(.*)$/.exec(Time) ?? []
    const [hour = "", minute = "", second = "", millis = ""] = clock.split(":")
    return `${year}-${month}-${day}T${two(hour)}:${two(minute)}:${two(second)}.${millis.padStart(3, "0")}`
  },
  Linux: ({ Month, Date: day, Time }) => spelled(Month, day, Time),
  Mac: ({ Month, Date: day, Time }) => spelled(Month, day, Time),
  OpenSSH: ({ Date: month, Day, Time }) => spelled(month, Day, Time),
  OpenStack: ({ Date: day, Time }) => `${day}T${Time}`,
  Proxifier: (_, line) => {
    const [, month, day, time] = /(\d\d)\.(\d\d) (\d\d:\d\d:\d\d)/.exec(line) ?? []
    return `2026-${month}-${day}T${time}`
  },
  Spark: ({ Date: day = "", Time }) => `20${day.replaceAll("/", "-")}T${Time}`,
  Thunderbird: ({ Timestamp }) => ofEpoch(Timestamp),
  Windows: ({ Date: day, Time = "" }) => `${day}T${Time.replace(/,$/, "")}`,
  Zookeeper: ({ Date: day, Time }) => `${day}T${Time?.replace(",", ".")}`
}

const letters: Readonly<Record<string, number>> = { V: 1, D: 5, I: 9, W: 13, E: 17, F: 21 }
const withoutLevel = new Set(["HPC", "HealthApp", "Linux", "Mac", "OpenSSH", "Proxifier", "Thunderbird"])

/** Systems without levels of their own have those that some programs begin their messages with. */
const levelOf = (system: string, { Content = "", Level = "" }: Row): number => {
  if (withoutLevel.has(system)) {
    return severityNumberOf(/^(error|fatal|warning|ERROR|WARNING)[: ]/.exec(Content)?.[1] ?? "")
  }
  return letters[Level] ?? severityNumberOf(Level)
}
