// OpenBreaker: a breaker for the life of a pipeline, and its alarm: health, metrics and the pipeline's state.
import { elapsedMillis } from "@tailrace/streams/elapsed"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Clock, Effect, Random, Schema } from "effect"
import type { PartitionRuntime } from "../runtime/partition-runtime.ts"
import { Breaker } from "./breaker.ts"
import { SinkPolicy } from "./sink-policy.ts"

const defaults = Schema.decodeSync(SinkPolicy)({})

/**
 * Makes a breaker for the scope. While it is open the process is not ready, and metrics and state say so. The partition
 * counts as holding, unless it is the breaker of a sink that writes at its own pace.
 */
export const openBreaker = Effect.fnUntraced(function* (
  runtime: PartitionRuntime,
  name: string,
  policy: SinkPolicy = defaults,
  { ownPace = false }: { readonly ownPace?: boolean } = {}
) {
  const clock = yield* Clock.Clock
  const random = yield* Random.Random
  const metrics = yield* Metrics
  const labels = { partition: String(runtime.partition), sink: name }
  const open = metrics.gauge("tailrace_sink_breaker_open", "1 while a sink's breaker is not closed", [
    "partition",
    "sink"
  ])
  const failures = metrics.counter("tailrace_sink_failures_total", "Writes that failed, by what follows from it", [
    "partition",
    "sink",
    "consequence"
  ])
  const health = (yield* Health).register(`sink.${name}.${runtime.partition}`)
  health.ready()
  open.set(labels, 0)
  const breaker = new Breaker({
    name,
    policy,
    now: () => clock.currentTimeMillisUnsafe(),
    elapsed: elapsedMillis(clock),
    random: () => random.nextDoubleUnsafe(),
    failed: ({ consequence }) => failures.inc({ ...labels, consequence }),
    changed: (reason) => {
      open.set(labels, reason === undefined ? 0 : 1)
      if (reason === undefined) health.ready()
      else health.live(reason)
    }
  })
  if (ownPace) runtime.ownPaceBreakers = [...runtime.ownPaceBreakers, breaker]
  else runtime.breakers = [...runtime.breakers, breaker]
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      open.set(labels, 0)
      health.remove()
    })
  )
  return breaker
})
