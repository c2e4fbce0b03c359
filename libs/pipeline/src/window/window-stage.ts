// WindowStage: all metrics of one partition in event time; batches in, closed windows out.
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { ClosedWindow } from "../closed-window.ts"
import type { MetricDefinition } from "./metric-definition.ts"
import { MetricWindows, type SavedMetric } from "./metric-windows.ts"

/** A timestamp further ahead of its reception than this does not move the watermark: one wrong clock closes nothing. */
const trustedSkewMillis = 60_000
/** Without input for this long, the watermark follows the processing clock. */
const idleMillis = 10_000

/** What is saved of the stage; see `save`. */
export interface SavedWindows {
  /** The newest event time, milliseconds since 1970; null before the first record. */
  readonly newest: number | null
  readonly metrics: Readonly<Record<string, SavedMetric>>
}

/**
 * The watermark is the newest event time of the partition less each metric's lateness. It moves after each frame, never
 * within one, so that the same frames close the same windows however they were cut into batches; while there is no
 * input it follows the processing clock. Times are milliseconds since 1970.
 */
export class WindowStage {
  readonly metrics: ReadonlyArray<MetricWindows>
  private readonly partition: number
  private newest = Number.NEGATIVE_INFINITY
  private lastInput = Number.NaN
  private lastTick = Number.NaN
  private lastSequence = 0
  private closed: Array<ClosedWindow> = []

  constructor(partition: number, definitions: ReadonlyArray<MetricDefinition>) {
    this.partition = partition
    this.metrics = definitions.map((definition) => new MetricWindows(definition))
  }

  /** Takes in a batch; `now` is the processing clock. */
  observe(batch: LogBatch, now: number): void {
    this.lastInput = now
    this.lastTick = now
    if (this.metrics.length === 0) return
    for (const metric of this.metrics) metric.bind(batch)
    let from = 0
    for (let index = 0; index < batch.frames.length; index++) {
      const frame = batch.frames[index]
      if (frame === undefined) break
      let to = from
      let newest = this.newest
      const trusted = frame.receivedMillis + trustedSkewMillis
      while (to < batch.length && batch.frame[to] === index) {
        const time = batch.timeMillis[to] as number
        if (batch.selected[to] === 1 && time > newest && time <= trusted) newest = time
        to++
      }
      for (const metric of this.metrics) {
        metric.observe(batch, from, to, this.newest - metric.definition.config.lateness)
      }
      from = to
      this.newest = newest
      this.lastSequence = frame.sequence
      this.closeAll(newest)
    }
  }

  /** Lets time pass without input: closes windows by the processing clock once the partition has been idle. */
  tick(now: number): void {
    if (Number.isNaN(this.lastInput)) {
      this.lastInput = now
      this.lastTick = now
    }
    if (!Number.isFinite(this.newest) || now - this.lastInput < idleMillis) return
    this.newest += now - this.lastTick
    this.lastTick = now
    this.closeAll(this.newest)
  }

  /** Closes every open window as it is: the input has ended for good. */
  finish(): void {
    for (const metric of this.metrics) {
      metric.closeOpen(Number.POSITIVE_INFINITY, this.partition, this.lastSequence, (window) =>
        this.closed.push(window)
      )
    }
  }

  /** The windows closed since the last call, in order of closing. */
  takeClosed(): ReadonlyArray<ClosedWindow> {
    const closed = this.closed
    this.closed = []
    return closed
  }

  /** Everything needed to go on later: JSON. */
  save(): SavedWindows {
    return {
      newest: Number.isFinite(this.newest) ? this.newest : null,
      metrics: Object.fromEntries(this.metrics.map((metric) => [metric.definition.config.name, metric.save()]))
    }
  }

  /** Goes on from the state saved behind `sequence`; answers the names of saved metrics that no longer fit and were left out. */
  load(saved: SavedWindows, sequence: number): ReadonlyArray<string> {
    this.lastSequence = sequence
    this.newest = saved.newest ?? Number.NEGATIVE_INFINITY
    const byName = new Map(this.metrics.map((metric) => [metric.definition.config.name, metric]))
    return Object.entries(saved.metrics)
      .filter(([name, metric]) => byName.get(name)?.load(metric) !== true)
      .map(([name]) => name)
  }

  private closeAll(newest: number): void {
    for (const metric of this.metrics) {
      metric.close(newest - metric.definition.config.lateness, this.partition, this.lastSequence, (window) => {
        this.closed.push(window)
      })
    }
  }
}
