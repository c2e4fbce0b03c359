// FieldWriter: one field of a batch by its name, written row by row.
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { RecordColumn } from "@tailrace/domain/record-columns"
import { severityNumberOf, severityTextOf } from "@tailrace/domain/severity"
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { Effect } from "effect"
import { ComponentConfigError } from "../config-error.ts"
import { type FieldTarget, targetOf } from "../field-target.ts"

/** Call `bind` once per batch, then `write` per row. Writing a severity also sets its number. */
export class FieldWriter {
  readonly target: FieldTarget
  private batch: LogBatch | undefined
  private keyCode = 0

  private constructor(target: FieldTarget) {
    this.target = target
  }

  /** Fails when the field cannot be written; `key` is the configuration key that named it. */
  static make(
    name: string,
    key: string,
    columns?: ReadonlyArray<RecordColumn>
  ): Effect.Effect<FieldWriter, ComponentConfigError> {
    const target = targetOf(name, columns)
    return target.kind === "number" || (target.kind !== "pair" && target.of.ofFrame)
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
    if (this.target.kind === "pair")
      this.keyCode = batch.pairsOf(this.target.list.name).keys.internText(this.target.key)
  }

  /** Sets the field of a row to the bytes `source[start, end)`. */
  write(row: number, source: Uint8Array, start: number, end: number): void {
    const batch = this.batch as LogBatch
    const target = this.target
    switch (target.kind) {
      case "dictionary": {
        const column = batch.dictionaryOf(target.of.name)
        const code = column.intern(source, start, end)
        if (target.of.role === "severity") this.writeSeverity(batch, row, column.text(code))
        else column.codes[row] = code
        return
      }
      case "text":
        batch.textOf(target.of.name).put(row, source, start, end)
        return
      case "pair": {
        const list = batch.pairsOf(target.list.name)
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
    if (this.target.kind === "pair") batch.pairsOf(this.target.list.name).remove(row, this.keyCode)
    else this.write(row, new Uint8Array(0), 0, 0)
    if (this.target.kind === "dictionary" && this.target.of.role === "severity") batch.severityNumber[row] = 0
  }

  private writeSeverity(batch: LogBatch, row: number, word: string): void {
    const number = severityNumberOf(word)
    batch.severityNumber[row] = number
    batch.severity.codes[row] = batch.severity.internText(number === 0 ? word : severityTextOf(number))
  }
}
