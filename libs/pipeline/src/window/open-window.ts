// OpenWindow: one tumbling window of one metric while records still arrive: its keys, counts and cells.
import type { Pane } from "@tailrace/domain/pane"
import { KeyTable } from "./key-table.ts"
import type { MetricDefinition } from "./metric-definition.ts"
import { type Cells, type MetricConfig, NumberCells } from "./metric-kind.ts"

export interface SavedWindow {
  readonly start: number
  /** Key texts, record count and saved aggregate of each cell. */
  readonly cells: ReadonlyArray<readonly [ReadonlyArray<string>, number, unknown]>
}

export class OpenWindow {
  readonly start: number
  readonly keys: KeyTable
  readonly counts = new NumberCells(0)
  readonly cells: Cells
  /** Which batch the keys are bound to. */
  bound = -1

  constructor(start: number, config: MetricConfig, cells: Cells) {
    this.start = start
    this.keys = new KeyTable(config.by, config.maxKeys)
    this.cells = cells
  }

  /** One pane for each key that has records, in order of first appearance. */
  panes(definition: MetricDefinition, partition: number, sequence: number): Array<Pane> {
    const { config, type } = definition
    const panes: Array<Pane> = []
    for (let cell = 0; cell < this.keys.size; cell++) {
      const count = this.counts.get(cell)
      if (count === 0) continue
      const [tenant, ...texts] = this.keys.texts(cell)
      panes.push({
        partition,
        sequence,
        tenant: tenant ?? "",
        metric: config.name,
        type,
        windowStart: this.start,
        windowEnd: this.start + config.size,
        key: Object.fromEntries(config.by.map((name, i) => [name, texts[i] ?? ""])),
        value: this.cells.value(cell, count),
        count,
        quantiles: this.cells.quantiles(cell),
        revision: 0
      })
    }
    return panes
  }

  save(): SavedWindow {
    const cells: Array<readonly [ReadonlyArray<string>, number, unknown]> = []
    for (let cell = 0; cell < this.keys.size; cell++) {
      const count = this.counts.get(cell)
      if (count > 0) cells.push([this.keys.texts(cell), count, this.cells.save(cell)])
    }
    return { start: this.start, cells }
  }

  load(saved: SavedWindow): void {
    for (const [texts, count, aggregate] of saved.cells) {
      const cell = this.keys.cellOfTexts(texts)
      this.counts.set(cell, count)
      this.cells.load(cell, aggregate)
    }
  }
}
