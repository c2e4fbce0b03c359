// FieldWriter: one field of a batch by its name, written row by row.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { severityNumberOf, severityTextOf } from "@tailrace/domain/severity"
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { Effect } from "effect"
import { ComponentConfigError } from "../config-error.ts"
import { type FieldTarget, targetOf } from "../field-target.ts"

/** Fields that are identity, or are read from the message alone. */
const fixed = ["tenant", "source", "timestamp", "severityNumber", "parsed"]

/** Call `bind` once per batch, then `write` per row. Writing a severity also sets its number. */
export class FieldWriter {
  readonly target: FieldTarget
  private batch: LogBatch | undefined
  private keyCode = 0

  private constructor(target: FieldTarget) {
    this.target = target
  }

  /** Fails when the field cannot be written; `key` is the configuration key that named it. */
  static make(name: string, key: string): Effect.Effect<FieldWriter, ComponentConfigError> {
    const target = targetOf(name)
    return target.kind !== "pair" && fixed.includes(target.column)
      ? Effect.fail(
          new ComponentConfigError({
            key,
            message: `${name} cannot be written, it belongs to the record's identity or time`
          })
        )
      : Effect.succeed(new FieldWriter(target))
  }

  bind(batch: LogBatch): void {
    this.batch = batch
    if (this.target.kind === "pair") this.keyCode = batch[this.target.list].keys.internText(this.target.key)
  }

  /** Sets the field of a row to the bytes `source[start, end)`. */
  write(row: number, source: Uint8Array, start: number, end: number): void {
    const batch = this.batch as LogBatch
    const target = this.target
    switch (target.kind) {
      case "dictionary": {
        const column = batch[target.column]
        const code = column.intern(source, start, end)
        if (target.column === "severity") this.writeSeverity(batch, row, column.text(code))
        else column.codes[row] = code
        return
      }
      case "text":
        batch[target.column].put(row, source, start, end)
        return
      case "pair": {
        const list = batch[target.list]
        const pair = list.pairOf(row, this.keyCode)
        if (pair >= 0) list.values.put(pair, source, start, end)
        else list.appendCode(row, this.keyCode, source, start, end)
      }
    }
  }

  writeText(row: number, text: string): void {
    const bytes = encodeUtf8(text)
    this.write(row, bytes, 0, bytes.length)
  }

  /** Takes the field away from a row. */
  clear(row: number): void {
    const batch = this.batch as LogBatch
    if (this.target.kind === "pair") batch[this.target.list].remove(row, this.keyCode)
    else this.write(row, new Uint8Array(0), 0, 0)
    if (this.target.kind === "dictionary" && this.target.column === "severity") batch.severityNumber[row] = 0
  }

  private writeSeverity(batch: LogBatch, row: number, word: string): void {
    const number = severityNumberOf(word)
    batch.severityNumber[row] = number
    batch.severity.codes[row] = batch.severity.internText(number === 0 ? word : severityTextOf(number))
  }
}
