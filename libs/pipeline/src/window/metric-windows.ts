// MetricWindows: the open tumbling windows of one metric of one partition.
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { ClosedWindow } from "../closed-window.ts"
import { FieldReader } from "../field-reader.ts"
import type { MetricDefinition } from "./metric-definition.ts"
import { OpenWindow, type SavedWindow } from "./open-window.ts"

/** Windows open at once at most; records that would open more count as late. */
const maximumOpen = 1_000
/** Empty windows reported after one another at most; a longer silence is reported as none at all. */
const maximumGap = 240

export interface SavedMetric {
  /** The configuration the windows were gathered under; others are of no use to them. */
  readonly signature: string
  readonly lastClosed: number | null
  readonly windows: ReadonlyArray<SavedWindow>
}

export class MetricWindows {
  /** Records older than the watermark. */
  late = 0
  /** Records without the measured field, or with one that is no number. */
  unmeasured = 0
  readonly definition: MetricDefinition
  private readonly open = new Map<number, OpenWindow>()
  private readonly reader: FieldReader | undefined
  private earliestEnd = Number.POSITIVE_INFINITY
  private lastClosed: number | null = null
  private bound = 0
  private matches: ((batch: LogBatch, row: number) => boolean) | undefined

  constructor(definition: MetricDefinition) {
    this.definition = definition
    const measured = definition.config.field
    this.reader = measured === undefined ? undefined : new FieldReader(measured)
  }

  /** Makes ready for the rows of a batch. */
  bind(batch: LogBatch): void {
    this.bound++
    this.reader?.bind(batch)
    this.matches = this.definition.where?.(batch)
  }

  /** Takes in the kept rows `from`..`to` of the bound batch; `watermark` is the time before which windows are closed. */
  observe(batch: LogBatch, from: number, to: number, watermark: number): void {
    const { selected, timeMillis } = batch
    const { matches, reader } = this
    const { size } = this.definition.config
    let window: OpenWindow | undefined
    let start = 0
    let end = Number.NEGATIVE_INFINITY
    for (let row = from; row < to; row++) {
      if (selected[row] === 0) continue
      if (matches !== undefined && !matches(batch, row)) continue
      const time = timeMillis[row] as number
      if (time < start || time >= end) {
        start = Math.floor(time / size) * size
        end = start + size
        window = this.windowAt(start, watermark, batch)
      }
      if (window === undefined) {
        this.late++
        continue
      }
      const cell = window.keys.cellOf(row)
      if (window.cells.add(cell, reader, row)) window.counts.set(cell, window.counts.get(cell) + 1)
      else this.unmeasured++
    }
  }

  /** Closes what ends at or before `watermark`, oldest first, and reports it to `closed`. */
  close(watermark: number, partition: number, sequence: number, closed: (window: ClosedWindow) => void): void {
    const { size } = this.definition.config
    const nextEmpty = this.lastClosed === null ? Number.POSITIVE_INFINITY : this.lastClosed + 2 * size
    if (this.earliestEnd > watermark && nextEmpty > watermark) return
    this.closeOpen(watermark, partition, sequence, closed)
    if (this.lastClosed !== null) this.fillGap(Math.floor(watermark / size) * size, partition, sequence, closed)
  }

  /** Closes the open windows that end at or before `watermark`, and reports no silence behind the last of them. */
  closeOpen(watermark: number, partition: number, sequence: number, closed: (window: ClosedWindow) => void): void {
    const { size } = this.definition.config
    const starts = [...this.open.keys()].filter((start) => start + size <= watermark).sort((a, b) => a - b)
    for (const start of starts) {
      this.fillGap(start, partition, sequence, closed)
      const window = this.open.get(start) as OpenWindow
      this.open.delete(start)
      this.lastClosed = start
      closed({
        ...this.closedAt(start, partition, sequence),
        panes: window.panes(this.definition, partition, sequence)
      })
    }
    this.earliestEnd = Math.min(...[...this.open.keys()].map((start) => start + size))
  }

  save(): SavedMetric {
    return {
      signature: signatureOf(this.definition),
      lastClosed: this.lastClosed,
      windows: [...this.open.values()].map((window) => window.save())
    }
  }

  /** Takes over saved windows unless they were gathered under another configuration; answers whether it did. */
  load(saved: SavedMetric): boolean {
    if (saved.signature !== signatureOf(this.definition)) return false
    this.lastClosed = saved.lastClosed
    for (const one of saved.windows) {
      const window = this.openAt(one.start)
      window.load(one)
    }
    return true
  }

  /** Number of open windows. */
  get openCount(): number {
    return this.open.size
  }

  private windowAt(start: number, watermark: number, batch: LogBatch): OpenWindow | undefined {
    let window = this.open.get(start)
    if (window === undefined) {
      if (start + this.definition.config.size <= watermark || this.open.size >= maximumOpen) return undefined
      window = this.openAt(start)
    }
    if (window.bound !== this.bound) {
      window.keys.bind(batch)
      window.bound = this.bound
    }
    return window
  }

  private openAt(start: number): OpenWindow {
    const { config, kind } = this.definition
    const window = new OpenWindow(start, config, kind.makeCells())
    this.open.set(start, window)
    this.earliestEnd = Math.min(this.earliestEnd, start + config.size)
    return window
  }

  /** Reports the empty windows between the last closed one and `until`; a window that is still open ends the run. */
  private fillGap(until: number, partition: number, sequence: number, closed: (window: ClosedWindow) => void): void {
    const { size } = this.definition.config
    const last = this.lastClosed
    if (last === null || until <= last + size) return
    if ((until - last) / size <= maximumGap) {
      for (let start = last + size; start < until; start += size) {
        if (this.open.has(start)) return
        closed({ ...this.closedAt(start, partition, sequence), panes: [] })
        this.lastClosed = start
      }
    } else this.lastClosed = until - size
  }

  private closedAt(start: number, partition: number, sequence: number) {
    const { config, kind, type } = this.definition
    return {
      partition,
      metric: config.name,
      type,
      windowStart: start,
      windowEnd: start + config.size,
      sequence,
      absentIsZero: kind.absentIsZero
    }
  }
}

const signatureOf = (definition: MetricDefinition): string => JSON.stringify([definition.type, definition.config])
