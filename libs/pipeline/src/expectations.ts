// Expectations: what a pipeline's test expects, compared with what came out; every difference in words.
import type { Anomaly } from "@tailrace/domain/anomaly"
import type { LogRecord } from "@tailrace/domain/log-record"
import type { Pane } from "@tailrace/domain/pane"
import type { PipelineTest } from "./pipeline-config.ts"

/** What came out of a test, or why it could not run. */
export type Outcome =
  | { readonly problem: string }
  | {
      readonly rows: ReadonlyArray<LogRecord>
      readonly dropped: Readonly<Record<string, number>>
      readonly deduplicated: number
      readonly panes: ReadonlyArray<Pane>
      readonly anomalies: ReadonlyArray<Anomaly>
    }

type Fields = Readonly<Record<string, unknown>>

/** Every difference; empty when the test passed. What a test does not mention is not compared. */
export const problemsOf = (test: PipelineTest, outcome: Outcome): ReadonlyArray<string> => {
  if ("problem" in outcome) return [outcome.problem]
  const problems: Array<string> = []
  if (test.rows !== undefined) {
    problems.push(...inOrder("row", test.rows, outcome.rows.map(rowFields)))
  }
  if (test.dropped !== undefined) {
    for (const rule of new Set([...Object.keys(test.dropped), ...Object.keys(outcome.dropped)])) {
      problems.push(...differences(`dropped by ${rule}`, test.dropped[rule] ?? 0, outcome.dropped[rule] ?? 0))
    }
  }
  if (test.deduplicated !== undefined) {
    problems.push(...differences("deduplicated", test.deduplicated, outcome.deduplicated))
  }
  if (test.panes !== undefined) problems.push(...missingPanes(test.panes, outcome.panes))
  if (test.anomalies !== undefined) {
    problems.push(...inOrder("anomaly", test.anomalies, outcome.anomalies.map(windowFields)))
  }
  return problems
}

const inOrder = (what: string, expected: ReadonlyArray<Fields>, actual: ReadonlyArray<Fields>): Array<string> => {
  const problems = expected.flatMap((one, i) => {
    const found = actual[i]
    return found === undefined
      ? [`${what} ${i + 1}: expected ${shown(one)}, got none`]
      : differences(`${what} ${i + 1}`, one, found)
  })
  for (const one of actual.slice(expected.length)) problems.push(`${what} too many: ${shown(one)}`)
  return problems
}

const missingPanes = (expected: ReadonlyArray<Fields>, panes: ReadonlyArray<Pane>): Array<string> => {
  const actual = panes.map(windowFields)
  return expected.flatMap((one) => {
    if (actual.some((pane) => differences("", one, pane).length === 0)) return []
    const near = actual.filter((pane) => pane.metric === one.metric).slice(0, 5)
    const instead = near.length === 0 ? `no pane of ${shown(one.metric)}` : near.map(shown).join("; ")
    return [`pane ${shown(one)} is missing, there is ${instead}`]
  })
}

/** A record as a test names its parts; any other name is an attribute. */
const rowFields = (record: LogRecord): Fields => ({
  ...record.attributes,
  timestamp: iso(record.timestamp),
  severity: record.severity,
  severity_number: record.severityNumber,
  service: record.service,
  host: record.host,
  source: record.source,
  tenant: record.tenant,
  trace_id: record.traceId,
  span_id: record.spanId,
  body: record.body,
  parsed: record.parsed,
  attributes: record.attributes,
  resource: record.resource
})

const windowFields = (one: Pane | Anomaly): Fields => ({
  ...one,
  start: new Date(one.windowStart).toISOString(),
  end: new Date(one.windowEnd).toISOString()
})

/** Compares the parts `expected` names: objects key by key, numbers and texts by their text, times as times. */
const differences = (path: string, expected: unknown, actual: unknown): Array<string> => {
  if (typeof expected === "object" && expected !== null && !Array.isArray(expected)) {
    const fields = (typeof actual === "object" && actual !== null ? actual : {}) as Fields
    return Object.entries(expected).flatMap(([key, value]) =>
      differences(path === "" ? key : `${path}: ${key}`, value, fields[key])
    )
  }
  if (expected === null)
    return actual === undefined || actual === "" ? [] : [`${path}: expected none, got ${shown(actual)}`]
  return same(expected, actual) ? [] : [`${path}: expected ${shown(expected)}, got ${shown(actual)}`]
}

const same = (expected: unknown, actual: unknown): boolean => {
  if (actual === undefined) return false
  if (typeof expected === "number" && typeof actual === "number") {
    return Math.abs(expected - actual) <= 1e-9 * Math.max(1, Math.abs(expected))
  }
  const [a, b] = [String(expected), String(actual)]
  return a === b || (isTime(a) && isTime(b) && Date.parse(a) === Date.parse(b))
}

const isTime = (text: string): boolean => /^\d{4}-\d{2}-\d{2}T/.test(text)

const shown = (value: unknown): string =>
  value === undefined
    ? "nothing"
    : JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? String(inner) : inner)).slice(0, 300)

const iso = (nanos: bigint): string => {
  const millis = new Date(Number(nanos / 1_000_000n)).toISOString()
  const rest = nanos % 1_000_000n
  return rest === 0n ? millis : `${millis.slice(0, -1)}${String(rest).padStart(6, "0")}Z`
}
