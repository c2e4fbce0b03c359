// Portion: what one stored batch, or one partition read back from the store, gives one live tail.
import type { LogRecord } from "@tailrace/domain/log-record"
import { furthest, type TailPosition } from "./resume-token.ts"

export interface Portion {
  readonly partition: number
  /** In order of sequence and row. */
  readonly records: Array<LogRecord>
  /** Index of the first record not yet delivered. */
  next: number
  /** Records that matched and did not fit. */
  dropped: number
  /** While a tail is held back: how many were dropped of which sequence. */
  readonly left: Array<[sequence: number, count: number]>
  /** How far everything is seen once the portion is delivered whole. */
  position: TailPosition
  /** When its newest record was received, milliseconds since 1970. */
  receivedMillis: number
}

/** Records stored behind a resume point, in the order they were stored, and how far every partition is covered by them. */
export interface Missed {
  readonly records: ReadonlyArray<LogRecord>
  /** Records that matched too and were too many to read. */
  readonly more: number
  readonly covered: TailPosition
}

/** Bytes a record takes while it waits, about. */
export const weightOf = (record: LogRecord): number => {
  let weight = 300 + record.body.length * 2
  for (const [key, value] of Object.entries(record.attributes)) weight += 32 + (key.length + value.length) * 2
  return weight
}

/** Where to cut a portion behind `room` records: never within a sequence, so that a resume token can name the place. */
export const cutOf = (portion: Portion, room: number): number => {
  const { next, records } = portion
  let end = Math.min(records.length, next + room)
  while (end < records.length && records[end]?.sequence === records[end - 1]?.sequence) end++
  return end
}

/** A held portion without what `covered` includes, and the bytes that this frees. */
export const settle = (portion: Portion, covered: TailPosition): { readonly kept: Portion; readonly freed: number } => {
  const last = covered.get(portion.partition) ?? -1
  let freed = 0
  const records = portion.records.filter((record) => {
    if (record.sequence > last) return true
    freed += weightOf(record)
    return false
  })
  const dropped = portion.left.reduce((sum, [sequence, count]) => (sequence > last ? sum + count : sum), 0)
  const position = furthest(covered, portion.position)
  return { kept: { ...portion, records, dropped, left: [], position }, freed }
}

/** One portion per partition of what was missed, no more than `maxBytes` of records; the rest counts as dropped. */
export const missedPortions = (
  missed: Missed,
  begin: TailPosition,
  maxBytes: number
): { readonly portions: Array<Portion>; readonly bytes: number } => {
  const portions: Array<Portion> = []
  let bytes = 0
  let { more } = missed
  let position = begin
  for (const [partition, sequence] of missed.covered) {
    position = furthest(position, new Map([[partition, sequence]]))
    const portion: Portion = { partition, records: [], next: 0, dropped: more, left: [], position, receivedMillis: 0 }
    more = 0
    for (const record of missed.records) {
      if (record.partition !== partition) continue
      if (bytes >= maxBytes) {
        portion.dropped++
        continue
      }
      bytes += weightOf(record)
      portion.records.push(record)
      portion.receivedMillis = Math.max(portion.receivedMillis, Number(record.observedTimestamp / 1_000_000n))
    }
    if (portion.records.length > 0 || portion.dropped > 0) portions.push(portion)
  }
  const last = portions.at(-1)
  if (last !== undefined) last.position = position
  return { portions, bytes }
}
