// RecordValues: rows of a batch as objects and back, column by column of its table. For the borders, not for hot paths.
import type { ColumnStore } from "./column-store.ts"

type Values = Record<string, unknown>

/** Puts what a row says in each column into an object. */
export const readValues = (batch: ColumnStore, row: number, into: Values): void => {
  for (const { kind, name, parts } of batch.columns) {
    if (kind === "dictionary") into[name] = batch.dictionaryOf(name).textAt(row)
    else if (kind === "text") into[name] = batch.textOf(name).text(row)
    else if (kind === "pairs") into[name] = batch.pairsOf(name).object(row)
    else if (parts !== undefined)
      into[name] = nanosecondsOf(batch.numbersOf(parts[0])[row] as number, batch.numbersOf(parts[1])[row] as number)
    else into[name] = kind === "flag" ? batch.numbersOf(name)[row] === 1 : batch.numbersOf(name)[row]
  }
}

/** Fills a row that was just appended. What the frame gives is left as it is; so are times that are not stated. */
export const writeValues = (batch: ColumnStore, row: number, values: Readonly<Values>): void => {
  for (const { kind, name, ofFrame, parts } of batch.columns) {
    const value = values[name]
    if (ofFrame) continue
    if (kind === "dictionary") {
      const column = batch.dictionaryOf(name)
      column.codes[row] = column.internText(typeof value === "string" ? value : "")
    } else if (kind === "text") batch.textOf(name).putText(row, typeof value === "string" ? value : "")
    else if (kind === "pairs") {
      const list = batch.pairsOf(name)
      for (const [key, text] of Object.entries((value ?? {}) as Record<string, string>)) list.set(row, key, text)
    } else if (kind === "flag") batch.numbersOf(name)[row] = value === false ? 0 : 1
    else if (parts === undefined) batch.numbersOf(name)[row] = typeof value === "number" ? value : 0
    else if (typeof value === "bigint") {
      const millis = floorDivide(value, 1_000_000n)
      batch.numbersOf(parts[0])[row] = Number(millis)
      batch.numbersOf(parts[1])[row] = Number(value - millis * 1_000_000n)
    }
  }
}

/** Nanoseconds since 1970 of a time held in two parts. */
const nanosecondsOf = (millis: number, nanos: number): bigint => BigInt(millis) * 1_000_000n + BigInt(nanos)

const floorDivide = (value: bigint, divisor: bigint): bigint => {
  const quotient = value / divisor
  return value % divisor < 0n ? quotient - 1n : quotient
}
