// SavedWindows: what a snapshot of windows and detectors holds, and whether bytes can be one.
import { decodeUtf8 } from "@tailrace/domain/utf8"
import type { Findings } from "@tailrace/pipeline/stage"

/** What a snapshot holds, as JSON; its offset is the last raw sequence the state covers. */
export interface Saved {
  readonly version: 1
  readonly state: unknown
  /** Panes and anomalies closed since the snapshot before: stored only after this one is, and again after a crash. */
  readonly outbox: Findings
}

/** Event time runs ahead of a clock that jumped by hours; of days ahead there is none, and every record would be too late. */
const mostAheadMillis = 172_800_000

type Unknown = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isTime = (value: unknown, now: number): boolean =>
  value === null || (Number.isFinite(value) && (value as number) <= now + mostAheadMillis)

const isMetric = (value: unknown, now: number): boolean =>
  isRecord(value) &&
  typeof value.signature === "string" &&
  isTime(value.lastClosed, now) &&
  Array.isArray(value.windows) &&
  value.windows.every((window) => isRecord(window) && isTime(window.start, now))

const isState = (value: unknown, now: number): boolean =>
  isRecord(value) &&
  isRecord(value.windows) &&
  isTime(value.windows.newest, now) &&
  isRecord(value.windows.metrics) &&
  Object.values(value.windows.metrics).every((metric) => isMetric(metric, now)) &&
  isRecord(value.detectors)

const texts = ["tenant", "metric"]
const numbers = ["partition", "sequence", "windowStart", "windowEnd", "revision"]

const isFinding = (value: unknown): boolean =>
  isRecord(value) &&
  texts.every((name) => typeof value[name] === "string") &&
  numbers.every((name) => Number.isFinite(value[name])) &&
  isRecord(value.key)

const isOutbox = (value: unknown): boolean =>
  isRecord(value) &&
  [value.panes, value.anomalies].every((findings) => Array.isArray(findings) && findings.every(isFinding))

/** What was saved, or why the bytes cannot be that, in words; `now` in milliseconds since 1970. */
export const readSaved = (data: Uint8Array, now: number): Saved | string => {
  let saved: unknown
  try {
    saved = JSON.parse(decodeUtf8(data, 0, data.length))
  } catch {
    return "is not json"
  }
  if (!isRecord(saved) || saved.version !== 1) return "is of another version"
  if (!isState(saved.state, now)) return "holds no state of windows, or one of days ahead"
  return isOutbox(saved.outbox) ? (saved as unknown as Saved) : "holds findings that are none"
}
