// Report: the answer to one question of the suite: tables and notes, for a terminal and for a page.

export interface Table {
  readonly caption: string
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}

export interface Report {
  readonly tables: ReadonlyArray<Table>
  /** Sentences on how to read the figures. */
  readonly notes: ReadonlyArray<string>
  /** What later runs are compared with. */
  readonly recorded?: Recorded
}

export interface Recorded {
  readonly rate: number
  readonly entry: Entry
  /** CPU per event by process, and of all together, as a multiple of a fixed piece of work. */
  readonly ratios: Readonly<Record<string, number>>
}

export interface Question {
  readonly name: string
  /** What is asked, as one sentence. */
  readonly asks: string
  readonly answer: (settings: Settings) => Promise<Report>
}

export interface Settings {
  /** Events a second where a question asks for a steady rate. */
  readonly rate: number
  /** Seconds of each measured window, where the question's own length is not wanted. */
  readonly seconds: number | undefined
  /** Where events enter: through the collector's HTTP source, or straight into the broker. */
  readonly entry: Entry
}

export const entries = ["collector", "broker"] as const
export type Entry = (typeof entries)[number]

export const textOf = (report: Report): string =>
  [...report.tables.map(tableText), ...report.notes.map((note) => `  ${note}`)].join("\n")

export const markdownOf = (report: Report): string =>
  [...report.tables.map(tableMarkdown), ...report.notes.map((note) => `${note}\n`)].join("\n")

const tableText = ({ caption, columns, rows }: Table): string => {
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => (row[i] ?? "").length)))
  const line = (cells: ReadonlyArray<string>) =>
    `  ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ")}`
  return [`  ${caption}`, line(columns), ...rows.map(line), ""].join("\n")
}

const tableMarkdown = ({ caption, columns, rows }: Table): string => {
  const line = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`
  const rule = `|${columns.map((_, i) => (i === 0 ? "---" : "---:")).join("|")}|`
  return [`${caption}:`, "", line(columns), rule, ...rows.map(line), ""].join("\n")
}
