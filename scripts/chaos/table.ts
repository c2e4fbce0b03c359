// Table: the figures of a chaos run as Markdown, for the terminal and for a page between two marks.
import { readFileSync, writeFileSync } from "node:fs"
import type { Row } from "../../test/chaos/report.ts"

export type { Row }

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
  ["ready, s", (row) => row.ready?.join(" to ") ?? ""],
  [
    "peak memory, MB",
    (row) =>
      Object.entries(row.memory)
        .map(([role, megabytes]) => `${role} ${megabytes}`)
        .join(", ")
  ]
]

/** Where the table of a run belongs: before its figures the page says which run it was. */
export const markOf = (run: ReadonlyArray<string>): string =>
  `<!-- figures: written by npm run test:chaos -- ${[...run, "--write"].join(" ")} -->`

/** Rows in the order of their names, so that two runs can be laid beside each other. */
export const chaosTable = (rows: ReadonlyArray<Row>): string => {
  const sorted = rows.toSorted((a, b) => a.case.localeCompare(b.case))
  // Times to ready are those of failures that took everything down, and of no other case.
  const shown = columns.filter(([name]) => name !== "ready, s" || rows.some(({ ready }) => ready !== undefined))
  const lines = [
    shown.map(([name]) => name),
    shown.map((_, i) => (i === 0 || i === shown.length - 1 ? "---" : "---:")),
    ...sorted.map((row) => shown.map(([, cellOf]) => cellOf(row)))
  ]
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")
}

/** Replaces what stands behind a mark of a page by a line on the machine and the table. Throws when it has no such mark. */
export const writeTable = (path: string, begin: string, machine: string, rows: ReadonlyArray<Row>): void => {
  const text = readFileSync(path, "utf8")
  const from = text.indexOf(begin)
  const to = text.indexOf(end, from)
  if (from < 0 || to < from) throw new Error(`${path} has no marks "${begin}" and "${end}" to put the table between`)
  writeFileSync(path, `${text.slice(0, from + begin.length)}\n\n${machine}\n\n${chaosTable(rows)}\n\n${text.slice(to)}`)
}
