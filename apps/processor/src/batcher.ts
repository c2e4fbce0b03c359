// Batcher: gathers raw messages into batches: how long to wait for more, how large to grow, where to cut.
import type { LogBatch } from "@tailrace/domain/log-batch"

export interface BatchLimits {
  readonly maxRows: number
  readonly maxBytes: number
  /** Milliseconds a batch waits for more, at least, and at most while earlier ones are still being stored. */
  readonly minLinger: number
  readonly maxLinger: number
}

/**
 * Decides when a batch is handed on. A part costs the store the same whatever its size, so while an insert runs the next
 * batch keeps growing; with an idle store it waits only the shorter linger. A batch never reaches across a cut: the
 * offset up to which some output already holds everything.
 */
export class Batcher {
  private readonly limits: BatchLimits
  private cuts: ReadonlyArray<number>
  private startedAt = 0

  constructor(limits: BatchLimits, offsets: ReadonlyArray<number>) {
    this.limits = limits
    this.cuts = offsets.filter((offset) => offset > 0).sort((a, b) => a - b)
  }

  /** Whether the batch has to be handed on before a message of this sequence may join it. */
  mustCut(batch: LogBatch, sequence: number): boolean {
    if (batch.frames.length === 0) return false
    if (this.isFull(batch)) return true
    while (this.cuts.length > 0 && (this.cuts[0] as number) < batch.lastSequence) this.cuts = this.cuts.slice(1)
    const cut = this.cuts[0]
    return cut !== undefined && batch.lastSequence <= cut && sequence > cut
  }

  isFull(batch: LogBatch): boolean {
    return batch.length >= this.limits.maxRows || batch.byteLength >= this.limits.maxBytes
  }

  /** Called when the first message joined an empty batch. */
  started(now: number): void {
    this.startedAt = now
  }

  /**
   * Milliseconds until the batch is due with `ahead` batches before it; 0 when it is. With two before it, it is never due
   * but grows; ask again after the answer.
   */
  dueIn(now: number, ahead: number): number {
    const { minLinger, maxLinger } = this.limits
    if (ahead >= 2) return recheckMillis
    return Math.max(0, this.startedAt + (ahead === 0 ? minLinger : maxLinger) - now)
  }
}

const recheckMillis = 10
