// Table: the figures of a chaos run as Markdown, for the terminal and for a page between two marks.
import { readFileSync, writeFileSync } from "node:fs"
import type { Row } from "../../test/chaos/report.ts"

export type { Row }

const begin = "<!-- figures: written by npm run test:chaos -- --write -->"
const end = "<!-- end of figures -->"

const columns: ReadonlyArray<readonly [string, (row: Row) => string | number]> = [
  ["case", (row) => row.case],
  ["sent", (row) => row.sent],
  ["acknowledged", (row) => row.acknowledged],
  ["stored", (row) => row.stored],
  ["dropped", (row) => row.dropped],
  ["dead-lettered", (row) => row.deadLettered],
  ["doubled", (row) => row.doubled],
  ["lost", (row) => row.lost],
  ["differences", (row) => row.differences],
  ["recovery, s", (row) => row.recovery.toFixed(1)],
  [
    "peak memory, MB",
    (row) =>
      Object.entries(row.memory)
        .map(([role, megabytes]) => `${role} ${megabytes}`)
        .join(", ")
  ]
]

/** Rows in the order of their names, so that two runs can be laid beside each other. */
export const chaosTable = (rows: ReadonlyArray<Row>): string => {
  const sorted = rows.toSorted((a, b) => a.case.localeCompare(b.case))
  const lines = [
    columns.map(([name]) => name),
    columns.map((_, i) => (i === 0 || i === columns.length - 1 ? "---" : "---:")),
    ...sorted.map((row) => columns.map(([, cellOf]) => cellOf(row)))
  ]
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")
}

/** Replaces what stands between the marks of a page by a line on the machine and the table. Throws when it has no marks. */
export const writeTable = (path: string, machine: string, rows: ReadonlyArray<Row>): void => {
  const text = readFileSync(path, "utf8")
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`${path} has no marks "${begin}" and "${end}" to put the table between`)
  writeFileSync(path, `${text.slice(0, from + begin.length)}\n\n${machine}\n\n${chaosTable(rows)}\n\n${text.slice(to)}`)
}
