// The suite cases: own inputs after public bug reports, sent to the collector's sockets, and the records they should become.
import type { LogRecord } from "@tailrace/domain/log-record"
import { Effect } from "effect"
import { isoOf } from "../../../libs/pipeline/src/parse/records-of.ts"
import { type Collector, type Outcome, openCollector } from "../collector.ts"
import type { DataFolder } from "../data-folder.ts"
import { compared, type Suite, type Verdict } from "../suite.ts"

interface WantedRow {
  readonly ts?: string
  readonly ts_received?: boolean
  readonly sev?: string
  readonly num?: number
  readonly svc?: string
  readonly host?: string
  readonly body?: string
  readonly body_contains?: string
  readonly attrs?: Readonly<Record<string, string | null>>
}

interface Case {
  readonly id: string
  readonly kind: string
  readonly send: {
    readonly via: string
    readonly source?: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
    readonly body_base64?: string
    readonly pieces?: ReadonlyArray<{ readonly body?: string; readonly body_base64?: string }>
    readonly note?: string
  }
  readonly expect: { readonly status?: number; readonly count?: number; readonly rows?: ReadonlyArray<WantedRow> }
  readonly got: { readonly rows?: ReadonlyArray<WantedRow> }
}

const fileOf = (data: DataFolder): string => `cases/ingest_${data.split}.jsonl`

/** When the cases were written down; times without a year or day are read against it. */
const receivedMillis = Date.parse("2026-11-30T20:30:00Z")
const firstReceived = Date.parse("2026-11-30T20:00:00Z")
const lastReceived = Date.parse("2026-11-30T20:50:00Z")

export const cases: Suite = {
  name: "cases",
  asks: "Lines after public bug reports, sent by HTTP and syslog: time, severity, service, host, body and attributes.",
  wanted: 97,
  needs: (data) => [fileOf(data)],
  run: (data) => Effect.runPromise(Effect.scoped(runAll(data.jsonLines<Case>(fileOf(data)).filter(isWholeInput))))
}

/** Cases whose steps are told in words, and those whose body was cut short, are no inputs for a program. */
const isWholeInput = ({ expect, send }: Case): boolean => {
  const given = send.body !== undefined || send.body_base64 !== undefined || send.pieces !== undefined
  return given && send.note === undefined && typeof expect === "object" && !Array.isArray(expect)
}

const runAll = Effect.fnUntraced(function* (all: ReadonlyArray<Case>) {
  const collector = yield* openCollector(receivedMillis)
  const verdicts: Array<Verdict> = []
  for (const one of all) {
    const wanted = wantedRows(one)
    verdicts.push(
      verdictOf(one, wanted, yield* Effect.promise(() => sent(collector, one, one.expect.count ?? wanted.length)))
    )
  }
  return verdicts
})

const bytesOf = ({ body, body_base64 }: { readonly body?: string; readonly body_base64?: string }): Buffer =>
  body_base64 === undefined ? Buffer.from(body ?? "") : Buffer.from(body_base64, "base64")

const sent = (collector: Collector, { send }: Case, count: number): Promise<Outcome> => {
  if (send.via === "syslog-udp") return collector.datagram(bytesOf(send), count)
  if (send.via === "syslog-tcp") return collector.stream(send.pieces?.map(bytesOf) ?? [bytesOf(send)], count)
  return collector.post(send.source ?? "http", send.headers ?? {}, bytesOf(send))
}

/** "As got" means that the figures written down are right; times of receipt among them are not the case's own. */
const wantedRows = ({ expect, got }: Case): ReadonlyArray<WantedRow> => {
  if (expect.rows !== undefined || expect.count !== undefined) return expect.rows ?? []
  return (got.rows ?? []).map(({ attrs, body, host, sev, svc, ts }) => {
    const millis = Date.parse(ts ?? "")
    const received = millis > firstReceived && millis < lastReceived
    const row = { attrs, body, host, sev, svc, ...(received ? { ts_received: true } : { ts }) }
    return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as WantedRow
  })
}

const verdictOf = ({ expect, id, kind }: Case, wanted: ReadonlyArray<WantedRow>, outcome: Outcome): Verdict => {
  const { answer, records, status } = outcome
  const pairs: Array<readonly [string, unknown, unknown]> = []
  if (expect.status !== undefined) pairs.push([`status (${answer.slice(0, 80)})`, expect.status, status])
  pairs.push(["records", expect.count ?? wanted.length, records.length])
  wanted.forEach((row, index) => {
    const record = records[index]
    if (record !== undefined) pairs.push(...pairsOf(row, record))
  })
  return compared(id, kind, pairs)
}

const pairsOf = (row: WantedRow, record: LogRecord): Array<readonly [string, unknown, unknown]> => {
  const pairs: Array<readonly [string, unknown, unknown]> = []
  if (row.ts !== undefined) pairs.push(["time", nanosecondsOf(row.ts), isoOf(record.timestamp)])
  if (row.ts_received) pairs.push(["time", "as received", isReceived(record) ? "as received" : isoOf(record.timestamp)])
  if (row.sev !== undefined) pairs.push(["severity", row.sev, record.severity])
  if (row.num !== undefined) pairs.push(["severity number", row.num, record.severityNumber])
  if (row.svc !== undefined) pairs.push(["service", row.svc, record.service])
  if (row.host !== undefined) pairs.push(["host", row.host, record.host])
  if (row.body !== undefined) pairs.push(["body", row.body, record.body])
  if (row.body_contains !== undefined && !record.body.includes(row.body_contains))
    pairs.push(["body", `... ${row.body_contains} ...`, record.body])
  for (const [key, value] of Object.entries(row.attrs ?? {}))
    pairs.push([`attribute ${key}`, value, Object.hasOwn(record.attributes, key) ? record.attributes[key] : null])
  return pairs
}

const isReceived = (record: LogRecord): boolean => record.timestamp === BigInt(receivedMillis) * 1_000_000n

/** An ISO time with any fraction, in the form of `isoOf`. */
const nanosecondsOf = (text: string): string => {
  const [, seconds = "", fraction = ""] = /^(.{19})(?:\.(\d+))?Z$/.exec(text) ?? []
  return `${seconds}.${fraction.padEnd(9, "0")}`
}
