// Isolate: which records a stage fails over, found by trying copies of a batch on stages that are thrown away.
import { type FrameHeader, prefixedLength, writePrefixed } from "@tailrace/domain/frame"
import type { LogBatch } from "@tailrace/domain/log-batch"
import { decodeBatch, encodeBatch } from "@tailrace/domain/log-batch-codec"

/** What a stage failed with. */
export interface StageFailure {
  readonly reason: string
  readonly detail: string
}

/** A row of a batch, or a message of a frame, by its index. */
export interface Poison extends StageFailure {
  readonly index: number
}

/** Few different reasons, as the ledger wants them; the message is the detail. */
export const failureOf = (cause: unknown): StageFailure =>
  cause instanceof Error
    ? { reason: `failed: ${cause.name}`, detail: cause.message }
    : { reason: "failed", detail: String(cause) }

export const failureIn = (work: () => void): StageFailure | undefined => {
  try {
    work()
    return undefined
  } catch (cause) {
    return failureOf(cause)
  }
}

/** The kept rows of a batch that a stage fails over by themselves, in order. The batch stays as it is. */
export const poisonedRows = (batch: LogBatch, attempt: (copy: LogBatch) => void): ReadonlyArray<Poison> => {
  const bytes = encodeBatch(batch)
  const rows: Array<number> = []
  for (let row = 0; row < batch.length; row++) if (batch.selected[row] === 1) rows.push(row)
  const trial = (from: number, to: number) =>
    failureIn(() => {
      const copy = decodeBatch(bytes)
      copy.selected.fill(0, 0, from)
      copy.selected.fill(0, to, copy.length)
      copy.keptCount = to - from
      attempt(copy)
    })
  const found: Array<Poison> = []
  const search = (from: number, to: number): void => {
    const failure = from < to ? trial(from, to) : undefined
    if (failure === undefined) return
    if (to - from === 1) {
      found.push({ index: rows[from] as number, ...failure })
      return
    }
    const middle = (from + to) >> 1
    search(from, middle)
    search(middle, to)
  }
  search(0, rows.length)
  return found
}

/** The messages of a frame that cannot be read by themselves, in order. */
export const poisonedMessages = (
  messages: ReadonlyArray<Uint8Array>,
  trial: (message: Uint8Array) => StageFailure | undefined
): ReadonlyArray<Poison> =>
  messages.flatMap((message, index) => {
    const failure = trial(message)
    return failure === undefined ? [] : [{ index, ...failure }]
  })

const placeholder = Uint8Array.of(63)

/** The payload of a frame, and the layout it then has, with a "?" in the place of some messages; rows keep their numbers. */
export const withoutMessages = (
  messages: ReadonlyArray<Uint8Array>,
  left: ReadonlySet<number>
): { readonly payload: Uint8Array; readonly layout: FrameHeader["layout"] } => {
  const kept = messages.map((message, index) => (left.has(index) ? placeholder : message))
  const payload = new Uint8Array(kept.reduce((sum, message) => sum + prefixedLength(message.length), 0))
  let at = 0
  for (const message of kept) at = writePrefixed(payload, at, message)
  return { payload, layout: "prefixed" }
}
