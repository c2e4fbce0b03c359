// Held: rows of live batches that wait while their tail reads from the store.
import type { LogRecord } from "@tailrace/domain/log-record"
import type { TailPosition } from "./resume-token.ts"
import { weightOf } from "./tail-subscriber.ts"

export interface Held {
  readonly portions: Array<Portion>
  bytes: number
  /** Too many waited: they are forgotten here and read from the store instead. */
  overflowed: boolean
}

/** Rows of one live batch that match, and how far everything is seen with it. */
export interface Portion {
  readonly partition: number
  readonly rows: ReadonlyArray<number>
  readonly sequence: (row: number) => number
  readonly record: (row: number) => LogRecord
  readonly receivedMillis: number
  readonly position: TailPosition
}

export const emptyHeld = (): Held => ({ portions: [], bytes: 0, overflowed: false })

export const memo = <A>(make: (row: number) => A): ((row: number) => A) => {
  const made = new Map<number, A>()
  return (row) => {
    const known = made.get(row)
    if (known !== undefined) return known
    const one = make(row)
    made.set(row, one)
    return one
  }
}

/** Keeps a portion for later; the batch it came from is written over, so its records are made now. */
export const hold = (held: Held, portion: Portion, maxBytes: number): void => {
  if (held.overflowed) return
  const sequences = new Map<number, number>()
  const records = new Map<number, LogRecord>()
  for (const row of portion.rows) {
    const record = portion.record(row)
    records.set(row, record)
    sequences.set(row, portion.sequence(row))
    held.bytes += weightOf(record)
  }
  held.portions.push({
    ...portion,
    sequence: (row) => sequences.get(row) as number,
    record: (row) => records.get(row) as LogRecord
  })
  if (held.bytes <= maxBytes) return
  held.overflowed = true
  held.portions.length = 0
}
