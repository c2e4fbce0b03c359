// Wire order: in which order the columns of a batch lie on the wire.
import type { ColumnKind, RecordColumn } from "./record-columns.ts"

/** Columns that the format began with; they lie by kind, and later ones behind them in the order of the table. */
const firstColumns = 14

const namesOf = (columns: ReadonlyArray<RecordColumn>, ...kinds: ReadonlyArray<ColumnKind>): ReadonlyArray<string> =>
  columns.filter(({ kind }) => kinds.includes(kind)).flatMap(({ name, parts }) => parts ?? [name])

interface WireOrder {
  readonly numbers: ReadonlyArray<string>
  readonly dictionaries: ReadonlyArray<string>
  readonly texts: ReadonlyArray<string>
  readonly pairs: ReadonlyArray<string>
}

const orders = new WeakMap<ReadonlyArray<RecordColumn>, ReadonlyArray<WireOrder>>()

/** The columns that the format began with, then each later one. */
export const wireOrderOf = (columns: ReadonlyArray<RecordColumn>): ReadonlyArray<WireOrder> => {
  const known = orders.get(columns)
  if (known !== undefined) return known
  const groups = [columns.slice(0, firstColumns), ...columns.slice(firstColumns).map((column) => [column])]
  const order = groups.map((group) => ({
    numbers: namesOf(group, "time", "number", "flag"),
    dictionaries: namesOf(group, "dictionary"),
    texts: namesOf(group, "text"),
    pairs: namesOf(group, "pairs")
  }))
  orders.set(columns, order)
  return order
}
