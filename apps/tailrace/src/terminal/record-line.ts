// Record line: one log record as a person reads it on a terminal.
import { escapeForTerminal } from "./escape.ts"
import type { Style, StyleName } from "./style.ts"

/** The fields of a record that GraphQL's `logs` and `tail` give. */
export interface ShownRecord {
  readonly id: string
  readonly timestamp: string
  readonly severity: string
  readonly service: string
  readonly source: string
  readonly body: string
  readonly attributes: Readonly<Record<string, string>>
}

const severityStyles: Readonly<Record<string, StyleName>> = {
  TRACE: "gray",
  DEBUG: "gray",
  INFO: "green",
  WARN: "yellow",
  ERROR: "red",
  FATAL: "magenta"
}

/** `2026-01-19T10:30:00.123Z ERROR service body key=value ...`; everything from the record is escaped. */
export const recordLine = (record: ShownRecord, style: Style): string => {
  const severity = (record.severity || "-").padEnd(5)
  const parts = [
    style("dim", record.timestamp),
    style(severityStyles[record.severity] ?? "dim", escapeForTerminal(severity)),
    style("cyan", escapeForTerminal(record.service || record.source)),
    escapeForTerminal(record.body)
  ]
  for (const [key, value] of Object.entries(record.attributes)) {
    parts.push(`${style("dim", `${escapeForTerminal(key)}=`)}${escapeForTerminal(value)}`)
  }
  return parts.join(" ")
}
