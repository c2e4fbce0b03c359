// StagedParse: how the first hop of staged placement makes messages of parsed batches out of raw ones.
import { LogBatch } from "@tailrace/domain/log-batch"
import { refuseFrame } from "@tailrace/pipeline/append-frame"
import type { Delivery } from "@tailrace/streams/delivery"
import { rawFrameOf } from "@tailrace/streams/frame-encoding"
import type { HopOutput } from "@tailrace/streams/hop-writer"
import { Effect } from "effect"
import type { GuardedStages } from "../runtime/guarded-stages.ts"
import type { StageCounters } from "../runtime/stage-counters.ts"
import { firstRows } from "./batch-pool.ts"
import { packBatch } from "./stage-message.ts"

/** Text of one message between stages; its encoding stays well below the broker's largest message. */
const maxTextBytes = 2 * 1024 * 1024
/** The broker's largest message, and room for its headers. */
const mostBytes = 8 * 1024 * 1024 - 65_536

export interface StagedParseOptions {
  readonly partition: number
  readonly stages: GuardedStages
  readonly counters: StageCounters
  /** Rows after which a message is full. */
  readonly maxRows: number
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number
}

/** Parses messages into as many outputs as keep each below the largest message; the same messages, the same outputs. */
export const stagedParse = ({ counters, maxRows, now, partition, stages }: StagedParseOptions) => {
  const batch = LogBatch.make({ partition, rowCapacity: firstRows(maxRows) })
  const append = Effect.fnUntraced(function* (delivery: Delivery) {
    const more = stages.parse(batch, rawFrameOf(delivery))?.more
    if (more === undefined) return
    do yield* Effect.yieldNow
    while (more())
  })
  /** Puts what was read of these messages; where it is too long for one, message by message, and what is too long alone is refused. */
  const put: (outputs: Array<HopOutput>, inputs: ReadonlyArray<Delivery>, started: number) => Effect.Effect<void> =
    Effect.fnUntraced(function* (outputs, inputs, started) {
      const payload = packBatch(batch)
      if (payload.length <= mostBytes) {
        outputs.push({ payload })
        counters.note("parse", batch.length, batch, now() - started)
        batch.reset()
        return
      }
      const [alone, another] = inputs
      const records = batch.length
      batch.reset()
      if (alone !== undefined && another === undefined) {
        const detail = `${payload.length} bytes between two stages, at most ${mostBytes} may be: publish less in one frame`
        const refusal = { reason: "too long for a stage", detail, records }
        const frame = rawFrameOf(alone)
        refuseFrame(batch, frame, refusal)
        stages.refuse(frame, refusal)
        yield* put(outputs, inputs, started)
        return
      }
      for (const input of inputs) {
        yield* append(input)
        yield* put(outputs, [input], started)
      }
    })
  return Effect.fnUntraced(function* (inputs: ReadonlyArray<Delivery>) {
    const outputs: Array<HopOutput> = []
    let started = now()
    let taken: Array<Delivery> = []
    batch.reset()
    for (const delivery of inputs) {
      const full = batch.length >= maxRows || batch.byteLength + delivery.data.length > maxTextBytes
      if (full && (batch.length > 0 || batch.byteLength > 0)) {
        yield* put(outputs, taken, started)
        taken = []
        started = now()
      }
      taken.push(delivery)
      yield* append(delivery)
    }
    yield* put(outputs, taken, started)
    return outputs as ReadonlyArray<HopOutput>
  })
}
