// The suite lnav: times and levels of odd formats as lnav reads them, line by line.
import type { LogRecord } from "@tailrace/domain/log-record"
import { severityTextOf } from "@tailrace/domain/severity"
import type { LineJudge } from "../../../apps/collector/src/framing/multiline/join-rule.ts"
import { recognised } from "../../../apps/collector/src/framing/multiline/recognised.ts"
import { RecordJoiner } from "../../../apps/collector/src/framing/multiline/record-joiner.ts"
import { forEachLine } from "../../../apps/collector/src/framing/multiline/records.ts"
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
  asks: "Time and level of the first line of each message that lnav finds in files of odd formats, and where messages begin.",
  wanted: 96,
  needs: (data) => [fileOf(data)],
  run: async (data) =>
    data.json<ReadonlyArray<File>>(fileOf(data)).flatMap((file) => [...verdictsOf(file), ...borders(file)])
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

const bytesOf = ({ text, text_b64 }: File): Buffer =>
  text === undefined ? Buffer.from(text_b64 ?? "", "base64") : Buffer.from(text)

/** Numbers of the lines that begin records. */
const beginsOf = (bytes: Buffer): ReadonlySet<number> => {
  const begins = new Set<number>()
  let line = -1
  const rule = (): LineJudge => {
    const judge = recognised()
    const joins: LineJudge["joins"] = (bytes, start, end, isFirst) => {
      const joined = judge.joins(bytes, start, end, isFirst)
      if (isFirst || !joined) begins.add(line)
      return joined
    }
    return { joins, ends: () => judge.ends() }
  }
  const joiner = new RecordJoiner({ maxBytes: 1_048_576, maxLines: 1000, rule }, () => undefined)
  forEachLine(bytes, 0, bytes.length, (start, end) => {
    line++
    joiner.line(bytes, start, end)
  })
  return begins
}

/** Whether a record begins where a message does, and no other before the next message. */
const borders = (file: File): ReadonlyArray<Verdict> => {
  const begins = beginsOf(bytesOf(file))
  const wanted = file.rows.map(([index]) => index)
  return wanted.map((index, i) => {
    const next = wanted[i + 1] ?? Number.POSITIVE_INFINITY
    const inside = [...begins].filter((begin) => begin > index && begin < next).map((begin) => begin + 1)
    return compared(`${file.file}:${index + 1}`, "borders", [
      ["begins a record", true, begins.has(index)],
      ["lines of it that begin records", "", inside.join(" ")]
    ])
  })
}

const verdictsOf = (one: File): ReadonlyArray<Verdict> => {
  const { file, rows } = one
  const bytes = bytesOf(one)
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
