// MetricKind: how one type of metric condenses the records of a pane; the contract of the components in this folder.
import { define } from "@tailrace/domain/component"
import { DurationMillis } from "@tailrace/domain/duration"
import { field, required } from "@tailrace/domain/field"
import { Schema } from "effect"
import type { FieldReader } from "../field-reader.ts"

export const defineMetric = define("metric")

/** The aggregates of one open window, one cell per key; the window itself counts the records of each cell. */
export interface Cells {
  /** Takes in a record; the reader is bound to its batch. False: the record's field is missing or unfit, leave it out. */
  readonly add: (cell: number, reader: FieldReader | undefined, row: number) => boolean
  readonly value: (cell: number, count: number) => number
  /** "0.5" -> value and so on; empty for all but quantiles. */
  readonly quantiles: (cell: number) => Readonly<Record<string, number>>
  /** JSON of one cell, for the snapshot. */
  readonly save: (cell: number) => unknown
  /** Puts back what `save` gave. */
  readonly load: (cell: number, saved: unknown) => void
}

/** What a metric's component makes. `makeCells` is called for each window that opens. */
export interface MetricKind {
  readonly makeCells: () => Cells
  /** Whether a window without records of a key means the value 0 (counts) and not "no value" (averages). */
  readonly absentIsZero: boolean
}

/** Keys that every type of metric has. */
export const metricFields = {
  name: required(
    Schema.String.check(
      Schema.isPattern(/^[A-Za-z0-9_-]{1,64}$/, { message: 'must be 1 to 64 letters, digits, "_" or "-"' })
    ),
    "Name of the metric; panes, detectors and queries refer to it."
  ),
  where: field(Schema.String, "", "Query that picks the records; empty picks all."),
  by: field(
    Schema.Array(Schema.NonEmptyString).check(Schema.isMaxLength(8)),
    [],
    "Fields whose different values get panes of their own."
  ),
  size: field(DurationMillis, "1m", "Length of the tumbling window, in event time."),
  lateness: field(DurationMillis, "5s", "How much older than the newest record one may be and still count."),
  maxKeys: field(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000 })),
    10_000,
    'Keys of one window at most; records of further keys count under "(other)".'
  )
}

/** The field of the metrics that read one. */
export const measuredField = required(Schema.NonEmptyString, "Field that is measured.")

/** The configuration every metric shares, decoded. */
export interface MetricConfig {
  readonly name: string
  readonly where: string
  readonly by: ReadonlyArray<string>
  readonly size: number
  readonly lateness: number
  readonly maxKeys: number
  readonly field?: string
}

/** A growable column of numbers. */
export class NumberCells {
  values: Float64Array
  private readonly initial: number

  constructor(initial: number) {
    this.initial = initial
    this.values = new Float64Array(64).fill(initial)
  }

  get(cell: number): number {
    return cell < this.values.length ? (this.values[cell] as number) : this.initial
  }

  set(cell: number, value: number): void {
    if (cell >= this.values.length) {
      const values = new Float64Array(Math.max(cell + 1, this.values.length * 2)).fill(this.initial)
      values.set(this.values)
      this.values = values
    }
    this.values[cell] = value
  }
}

/** One number per key, made of the measured field by `take`, which is told the number before; `conclude`, which makes the value of it, the records too. */
export const measuredCells = (
  initial: number,
  take: (before: number, measured: number) => number,
  conclude: (number: number, count: number) => number = (number) => number
): Cells => {
  const cells = new NumberCells(initial)
  return {
    add: (cell, reader, row) => {
      const measured = reader === undefined ? Number.NaN : reader.number(row)
      if (Number.isNaN(measured)) return false
      cells.set(cell, take(cells.get(cell), measured))
      return true
    },
    value: (cell, count) => conclude(cells.get(cell), count),
    quantiles: () => noQuantiles,
    save: (cell) => cells.get(cell),
    load: (cell, saved) => cells.set(cell, Number(saved))
  }
}

export const noQuantiles: Readonly<Record<string, number>> = {}
