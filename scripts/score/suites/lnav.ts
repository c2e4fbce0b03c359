// The suite lnav: times and levels of odd formats as lnav reads them, line by line.
import type { LogRecord } from "@tailrace/domain/log-record"
import { severityTextOf } from "@tailrace/domain/severity"
import { batchOf, isoOf } from "../../../libs/pipeline/src/parse/records-of.ts"
import type { DataFolder } from "../data-folder.ts"
import { compared, type Suite, type Verdict } from "../suite.ts"

interface File {
  readonly file: string
  readonly text?: string
  readonly text_b64?: string
  readonly rows: ReadonlyArray<readonly [line: number, time: string, level: string, format: string]>
}

const fileOf = (data: DataFolder): string => `lnav/${data.split}.json`

export const lnav: Suite = {
  name: "lnav",
  asks: "Time and level of the first line of each message that lnav finds in files of odd formats.",
  wanted: 96,
  needs: (data) => [fileOf(data)],
  run: async (data) => data.json<ReadonlyArray<File>>(fileOf(data)).flatMap(verdictsOf)
}

/** When the files were last written: years that lines leave out are read against it. */
const receivedMillis = Date.parse("2025-11-21T23:00:00Z")

/** lnav's words for the six levels; it calls a record without a level "unknown" or, in some formats, "info". */
const levels: Readonly<Record<string, string>> = {
  trace: "TRACE",
  debug: "DEBUG",
  debug2: "DEBUG",
  debug3: "DEBUG",
  debug4: "DEBUG",
  debug5: "DEBUG",
  info: "INFO",
  stats: "INFO",
  notice: "INFO",
  warning: "WARN",
  error: "ERROR",
  critical: "ERROR",
  fatal: "FATAL"
}

const verdictsOf = ({ file, rows, text, text_b64 }: File): ReadonlyArray<Verdict> => {
  const bytes = text === undefined ? Buffer.from(text_b64 ?? "", "base64") : Buffer.from(text)
  const lines = bytes.toString("latin1").split("\n")
  return rows
    .filter(([, , level]) => level !== "invalid")
    .flatMap(([line, time, level, format]) => {
      const raw = (lines[line] ?? "").replace(/\r$/, "")
      if (raw === "") return []
      const batch = batchOf(Buffer.from(raw, "latin1"), { layout: "single", source: file, receivedMillis })
      const record = batch.record(0)
      const seen = severityTextOf(record.severityNumber)
      // "info" is also what lnav says where a line names no level.
      const wanted = level === "unknown" || (level === "info" && seen === "") ? seen : (levels[level] ?? "")
      const id = `${file}:${line + 1}`
      // lnav takes years that a line leaves out from the file, which may lie before or behind the line.
      const from = raw.includes(time.slice(0, 4)) || format.includes("json") ? 0 : 5
      return [
        compared(id, "times", [
          [`time of ${format}`, time.replace(" ", "T").slice(from), seenTime(raw, time, record).slice(from)]
        ]),
        compared(id, "levels", [["level", wanted, seen]])
      ]
    })
}

/** lnav reads no zones: where a line states one, the time is compared without the whole half hours between them. */
const seenTime = (line: string, wanted: string, record: LogRecord): string => {
  const seen = isoOf(record.timestamp).slice(0, 23)
  const apart = Date.parse(`${seen}Z`) - Date.parse(`${wanted.replace(" ", "T")}Z`)
  const isZone = apart !== 0 && apart % 1_800_000 === 0 && Math.abs(apart) <= 50_400_000
  return isZone && / [A-Z]{3,4} \[| [+-]\d{4}\]/.test(line) ? wanted.replace(" ", "T") : seen
}
