// State: every process tells once a second what its pipelines do; API and dashboard listen.
import type { PipelineState } from "@tailrace/domain/pipeline-state"
import { stateSubject, stateSubjects } from "@tailrace/domain/subjects"
import { Clock, Effect, Option, Schema } from "effect"
import { elapsedMillis } from "./elapsed.ts"
import { Nats } from "./nats.ts"

/** What processors decide by, so that it must be there; the rest is the sender's word. */
const Envelope = Schema.fromJsonString(
  Schema.Struct({
    instance: Schema.String,
    at: Schema.Finite,
    partitions: Schema.Array(Schema.Struct({ partition: Schema.Int, status: Schema.String, reason: Schema.String }))
  })
)
const decodeEnvelope = Schema.decodeUnknownOption(Envelope)

/** Publishes `read()` every second until the scope ends. */
export const publishState = Effect.fnUntraced(function* (instance: string, read: () => PipelineState) {
  const { control } = yield* Nats
  const subject = stateSubject(instance)
  const send = Effect.sync(() => {
    if (!control.isClosed()) control.publish(subject, JSON.stringify(read()))
  })
  yield* Effect.forkScoped(send.pipe(Effect.andThen(Effect.sleep("1 second")), Effect.forever))
})

/** A process that has been silent this long is taken for gone. */
const GONE_AFTER_MILLIS = 10_000

export interface StateBoard {
  /** The last state of every process heard of lately, by instance. */
  readonly states: () => ReadonlyArray<PipelineState>
}

/** Keeps the last state of each process, for the life of the scope; `changed` is called at each arrival. */
export const openStateBoard = Effect.fnUntraced(function* (changed: (state: PipelineState) => void = () => {}) {
  const { control } = yield* Nats
  const elapsed = elapsedMillis(yield* Clock.Clock)
  const board = new Map<string, { readonly state: PipelineState; readonly heardAt: number }>()
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      control.subscribe(stateSubjects, {
        callback: (error, message) => {
          if (error !== null) return
          const text = message.string()
          if (Option.isNone(decodeEnvelope(text))) return
          const state: PipelineState = JSON.parse(text)
          board.set(state.instance, { state, heardAt: elapsed() })
          changed(state)
        }
      })
    ),
    (subscription) => Effect.sync(() => subscription.unsubscribe())
  )
  const states = () => {
    const now = elapsed()
    for (const [instance, { heardAt }] of board) if (now - heardAt > GONE_AFTER_MILLIS) board.delete(instance)
    return [...board.values()].map((one) => one.state).sort((a, b) => (a.instance < b.instance ? -1 : 1))
  }
  return { states } satisfies StateBoard
})
