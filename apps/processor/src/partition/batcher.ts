// Batcher: gathers raw messages into batches: how long to wait for more, how large to grow, where to cut.
import type { LogBatch } from "@tailrace/domain/log-batch"

interface Range {
  readonly first: number
  readonly last: number
}

export interface BatchLimits {
  readonly maxRows: number
  readonly maxBytes: number
  /** Milliseconds a batch waits for more, at least, and at most while earlier ones are still being stored. */
  readonly minLinger: number
  readonly maxLinger: number
}

/** How the writing of earlier batches goes. */
export interface WritePace {
  /** Batches handed on and not stored. */
  readonly ahead: number
  /** When the last write ended, and how many milliseconds it took. */
  readonly endedAt: number
  readonly tookMillis: number
}

/**
 * Rest after a write, in lengths of that write. A part costs the store the same whatever its size, so this bounds what
 * that cost may come to, while a record after a pause waits the shorter linger only.
 */
const restPerWrite = 3

/**
 * Decides when a batch is handed on: after the shorter linger, once the store has rested, and after the longer linger in
 * any case; while an insert runs the next batch keeps growing. A batch never reaches across a cut: the offset up to which
 * some output already holds everything.
 */
export class Batcher {
  private readonly limits: BatchLimits
  private repeats: ReadonlyArray<Range>
  private cuts: ReadonlyArray<number>
  private startedAt = 0

  /** `repeats`: batches to be formed again with exactly these first and last sequences. */
  constructor(limits: BatchLimits, offsets: ReadonlyArray<number>, repeats: ReadonlyArray<Range> = []) {
    this.limits = limits
    this.repeats = repeats
    const edges = repeats.flatMap(({ first, last }) => [first - 1, last])
    this.cuts = [...offsets, ...edges].filter((offset) => offset > 0).sort((a, b) => a - b)
  }

  /** Whether the batch is one to be formed again and not complete yet: neither size nor time may end it. */
  mustGrow(batch: LogBatch): boolean {
    if (this.repeats.length === 0) return false
    const first = batch.frames[0]?.sequence
    if (first === undefined) return false
    this.repeats = this.repeats.filter(({ last }) => last >= first)
    return this.repeats.some((one) => one.first === first && batch.lastSequence < one.last)
  }

  /** Whether the batch has to be handed on before a message of this sequence may join it. */
  mustCut(batch: LogBatch, sequence: number): boolean {
    if (batch.frames.length === 0) return false
    if (this.isFull(batch) && !this.mustGrow(batch)) return true
    while (this.cuts.length > 0 && (this.cuts[0] as number) < batch.lastSequence) this.cuts = this.cuts.slice(1)
    const cut = this.cuts[0]
    return cut !== undefined && batch.lastSequence <= cut && sequence > cut
  }

  /** Sequences behind which a message that covers `first` to `last` has to be parted, in order. */
  cutsWithin(first: number, last: number): ReadonlyArray<number> {
    return this.cuts.filter((cut, i) => cut >= first && cut < last && cut !== this.cuts[i - 1])
  }

  isFull(batch: LogBatch): boolean {
    return batch.length >= this.limits.maxRows || batch.byteLength >= this.limits.maxBytes
  }

  /** Called when the first message joined an empty batch. */
  started(now: number): void {
    this.startedAt = now
  }

  /**
   * Milliseconds until the batch is due; 0 when it is. With two batches before it, it is never due but grows; ask again
   * after the answer.
   */
  dueIn(now: number, { ahead, endedAt, tookMillis }: WritePace): number {
    const { minLinger, maxLinger } = this.limits
    if (ahead >= 2) return recheckMillis
    const latest = this.startedAt + maxLinger
    const rested = Math.max(this.startedAt + minLinger, endedAt + restPerWrite * tookMillis)
    return Math.max(0, (ahead === 0 ? Math.min(rested, latest) : latest) - now)
  }
}

const recheckMillis = 10
