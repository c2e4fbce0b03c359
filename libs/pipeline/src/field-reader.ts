// FieldReader: one field of a batch by its name, read as bytes or as a number without making objects.
import type { DictionaryColumn } from "@tailrace/domain/dictionary-column"
import type { LogBatch } from "@tailrace/domain/log-batch"
import { numberInBytes } from "@tailrace/domain/number-bytes"
import type { PairList } from "@tailrace/domain/pair-list"
import type { RecordColumn } from "@tailrace/domain/record-columns"
import type { TextColumn } from "@tailrace/domain/text-column"
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { type FieldTarget, targetOf } from "./field-target.ts"

const none = new Uint8Array(0)

/**
 * Reads one field. Call `bind` once per batch, then `locate` per row: it answers whether the row has the field (present
 * and not empty) and leaves its bytes in `bytes[start, end)`. The bytes belong to the batch.
 */
export class FieldReader {
  readonly name: string
  readonly target: FieldTarget
  bytes: Uint8Array = none
  start = 0
  end = 0
  private batch: LogBatch | undefined
  private keyCode = 0

  constructor(name: string, columns?: ReadonlyArray<RecordColumn>) {
    this.name = name
    this.target = targetOf(name, columns)
  }

  /** The dictionary column behind the field, when there is one. */
  dictionary(batch: LogBatch): DictionaryColumn | undefined {
    return this.target.kind === "dictionary" ? batch.dictionaryOf(this.target.of.name) : undefined
  }

  bind(batch: LogBatch): void {
    this.batch = batch
    if (this.target.kind === "pair") this.keyCode = batch.pairsOf(this.target.list.name).keys.codeOf(this.target.key)
  }

  locate(row: number): boolean {
    const batch = this.batch as LogBatch
    const target = this.target
    switch (target.kind) {
      case "dictionary": {
        const column = batch.dictionaryOf(target.of.name)
        this.bytes = column.bytes(column.codes[row] as number)
        this.start = 0
        this.end = this.bytes.length
        break
      }
      case "text":
        this.fromText(batch.textOf(target.of.name), row)
        break
      case "pair":
        this.fromPair(batch.pairsOf(target.list.name), row)
        break
      default:
        this.bytes = encodeUtf8(numericText(batch, target.of, row))
        this.start = 0
        this.end = this.bytes.length
    }
    return this.end > this.start
  }

  /** The row's value as a number; NaN when it is missing or no number. */
  number(row: number): number {
    const target = this.target
    if (target.kind === "number") {
      const batch = this.batch as LogBatch
      const { kind, name, parts } = target.of
      const value = batch.numbersOf(parts?.[0] ?? name)[row] as number
      // Number 0 is a missing one, as it is to queries.
      return value === 0 && kind === "number" ? Number.NaN : value
    }
    return this.locate(row) ? numberInBytes(this.bytes, this.start, this.end - this.start) : Number.NaN
  }

  private fromText(column: TextColumn, row: number): void {
    this.bytes = column.arena
    this.start = column.start[row] as number
    this.end = this.start + (column.length[row] as number)
  }

  private fromPair(list: PairList, row: number): void {
    const pair = this.keyCode === 0 ? -1 : list.pairOf(row, this.keyCode)
    if (pair < 0) this.end = this.start
    else this.fromText(list.values, pair)
  }
}

const numericText = (batch: LogBatch, { kind, name, parts }: RecordColumn, row: number): string => {
  const value = batch.numbersOf(parts?.[0] ?? name)[row] as number
  if (kind === "time") return new Date(value).toISOString()
  return kind === "flag" ? String(value === 1) : value === 0 ? "" : String(value)
}
