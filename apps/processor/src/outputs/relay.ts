// Relay: the output that puts what is stored into stream `stored`, from which each further sink reads at a pace of its own.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { storedSubject } from "@tailrace/domain/subjects"
import { openHopWriter } from "@tailrace/streams/hop-writer"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Effect } from "effect"
import { storedMessages } from "./stored-messages.ts"

/**
 * Its offset is the last raw sequence whose rows are all in the stream, read from the last message there. What a crash cut
 * off in the middle is put in once more: whoever reads tells records apart by sequence and row, and those come in order.
 */
export const openRelay = Effect.fnUntraced(function* (partition: number) {
  const health = (yield* Health).register(`relay.${partition}`)
  yield* Effect.addFinalizer(() => Effect.sync(health.remove))
  health.ready()
  const left = (yield* Metrics).counter(
    "tailrace_relay_too_large_records_total",
    "Records that further sinks do not get, because no message of the broker can hold them",
    ["partition"]
  )
  const writer = yield* openHopWriter({
    name: `relay-${partition}`,
    stream: "stored",
    subject: storedSubject(partition),
    holding: (reason) => {
      if (reason === "") health.ready()
      else health.live(`further sinks are behind: ${reason}`)
    }
  })
  const { first, last, part, parts } = writer.position
  const offset = part < parts ? first - 1 : last
  const write = Effect.fnUntraced(function* (batch: LogBatch) {
    if (batch.keptCount === 0 || batch.lastSequence <= offset) return
    const { messages, tooLarge } = storedMessages(batch)
    if (tooLarge > 0) {
      left.inc({ partition: String(partition) }, tooLarge)
      yield* Effect.logWarning(`${tooLarge} records are too large for stream stored, further sinks do not get them`)
    }
    const covered = { first: batch.firstSequence, last: batch.lastSequence, parts: messages.length }
    for (const [index, payload] of messages.entries())
      yield* writer.publish({ payload }, { ...covered, part: index + 1 })
  })
  return { offset, write }
})

export type Relay = Effect.Success<ReturnType<typeof openRelay>>
