// live: sink that shows batches just stored to live tails; nothing is kept and nobody is waited for.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { encodeBatch, type FrameRange } from "@tailrace/domain/log-batch-codec"
import { type LiveOutlet, openLiveOutlet } from "@tailrace/streams/live"
import type { Nats } from "@tailrace/streams/nats"
import { Effect, Schema } from "effect"
import { defineSink, type OpenSink, type Sink, type SinkContext } from "../outputs/sink.ts"

/** Bytes of one message, about. */
const partBytes = 256 * 1024
/** What a row takes beside its texts, about. */
const otherRowBytes = 100

const config = Schema.Struct({ type: Schema.Literal("live") })

export const live = defineSink({
  name: "live",
  summary: "Shows records just stored to live tails.",
  config,
  examples: [{ title: "The default", config: { type: "live" } }],
  make: () => Effect.succeed<Sink<Nats>>({ name: "live", durable: false, open })
})

const open = Effect.fnUntraced(function* (context: SinkContext) {
  const outlet = yield* openLiveOutlet
  /** Last sequence of the batch before, shown or not; what an earlier life stored and did not show is a gap. */
  let reached: number | undefined
  return {
    offsets: [],
    repeats: [],
    write: (batch) =>
      Effect.sync(() => {
        let behind = reached ?? batch.firstSequence - 1
        if (batch.keptCount > 0 && outlet.wanted())
          for (const part of partsOf(batch)) {
            send(outlet, context.partition, batch, { ...part, behind })
            behind = batch.frames[part.to - 1]?.sequence ?? behind
          }
        reached = batch.lastSequence
      })
  } satisfies OpenSink
})

/**
 * Frames of a batch that go in one message each. Listeners work on the first while the last are still encoded, and all of
 * them fit into the buffers that are used again.
 */
export const partsOf = (batch: LogBatch): ReadonlyArray<FrameRange> => {
  const frames = batch.frames.length
  const parts = Math.min(frames, Math.ceil((batch.byteLength + batch.length * otherRowBytes) / partBytes))
  return Array.from({ length: parts }, (_, i) => ({
    from: Math.floor((i * frames) / parts),
    to: Math.floor(((i + 1) * frames) / parts)
  }))
}

/** Frames, and the sequence behind which they hold everything. */
interface Part extends FrameRange {
  readonly behind: number
}

/**
 * Sends frames of a batch; what is too large for one message goes in halves, in order. A frame that is too large by itself
 * is left out, which listeners see by what the next part says it lies behind.
 */
const send = (outlet: LiveOutlet, partition: number, batch: LogBatch, { behind, from, to }: Part): void => {
  const bytes = encodeBatch(batch, { from, to })
  if (outlet.publish(partition, bytes, behind) !== "too-large" || to - from < 2) return
  const middle = Math.ceil((from + to) / 2)
  send(outlet, partition, batch, { from, to: middle, behind })
  send(outlet, partition, batch, { from: middle, to, behind: batch.frames[middle - 1]?.sequence ?? behind })
}
