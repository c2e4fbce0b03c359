// State: every process tells once a second what its pipelines do; API and dashboard listen.
import type { PipelineState } from "@tailrace/domain/pipeline-state"
import { stateSubject, stateSubjects } from "@tailrace/domain/subjects"
import { Clock, Effect, Option, Schema } from "effect"
import { elapsedMillis } from "./elapsed.ts"
import { Nats } from "./nats.ts"

const Stage = Schema.Struct({
  name: Schema.String,
  recordsIn: Schema.Finite,
  recordsOut: Schema.Finite,
  dropped: Schema.Finite,
  rejected: Schema.Finite,
  batches: Schema.Finite,
  mailbox: Schema.Finite,
  busy: Schema.Finite
})
const Rule = Schema.Struct({ name: Schema.String, matched: Schema.Finite, dropped: Schema.Finite })
const Sink = Schema.Struct({
  name: Schema.String,
  state: Schema.Literals(["closed", "open", "half-open"]),
  failures: Schema.Finite,
  reason: Schema.String,
  since: Schema.Finite
})
const Partition = Schema.Struct({
  partition: Schema.Int,
  status: Schema.Literals(["starting", "standby", "running", "holding", "restarting", "stopped"]),
  reason: Schema.String,
  version: Schema.String,
  restarts: Schema.Finite,
  committedSequence: Schema.Finite,
  lagMessages: Schema.Finite,
  lagMillis: Schema.Finite,
  recordsPerSecond: Schema.Finite,
  stages: Schema.Array(Stage),
  rules: Schema.Array(Rule),
  sinks: Schema.Array(Sink)
})
/** All that is read of a state: processors decide by it, and the API shows it. */
const State = Schema.fromJsonString(
  Schema.Struct({
    instance: Schema.String,
    pipeline: Schema.String,
    version: Schema.String,
    loadedAt: Schema.Finite,
    reload: Schema.NullOr(
      Schema.Struct({
        at: Schema.Finite,
        accepted: Schema.Boolean,
        lines: Schema.Array(Schema.String),
        tookMillis: Schema.Finite
      })
    ),
    placement: Schema.Literals(["fused", "staged"]),
    at: Schema.Finite,
    partitions: Schema.Array(Partition)
  })
)
const decodeState = Schema.decodeUnknownOption(State)

/** Bytes of a state of many partitions, and processes remembered: whoever tells more is no process. */
const mostBytes = 4_194_304
const mostProcesses = 1_024

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
          const told = message.data.length > mostBytes ? Option.none() : decodeState(message.string())
          if (Option.isNone(told)) return
          const state: PipelineState = told.value
          // Nobody tells for another one, nor more than there can be.
          if (stateSubject(state.instance) !== message.subject) return
          if (board.size >= mostProcesses && !board.has(state.instance)) return
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
