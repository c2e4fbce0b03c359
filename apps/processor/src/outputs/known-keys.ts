// KnownKeys: lets the deduplicate stage read back what it has to know, then decide about a batch.
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { Deduplicate } from "@tailrace/pipeline/stage"
import { readStoredKeys } from "@tailrace/store/read/stored-keys"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Effect } from "effect"
import type { Breaker } from "./breaker.ts"
import { untilStored } from "./until-stored.ts"

const pageRows = 50_000

/** What to do with each batch before windows and sinks see it. All rows before its first sequence must be stored. */
export const deduplicateWith = Effect.fnUntraced(function* (
  stage: Deduplicate | undefined,
  partition: number,
  breaker: Breaker
) {
  if (stage === undefined) return () => Effect.void
  const metrics = yield* Metrics
  const label = { partition: String(partition) }
  const keys = metrics.gauge("tailrace_deduplicate_keys", "Idempotency keys known", ["partition"])
  const found = metrics.counter("tailrace_deduplicated_total", "Records left out as duplicates", ["partition"])
  const forgotten = metrics.counter(
    "tailrace_deduplicate_forgotten_total",
    "Keys forgotten before the end of their window, because maxKeys were known",
    ["partition"]
  )
  return Effect.fnUntraced(function* (batch: LogBatch) {
    for (let wanted = stage.wants(batch); wanted !== undefined; wanted = stage.wants(batch)) {
      const request = { ...wanted, ...stage.column, partition, limit: pageRows }
      const page = yield* untilStored(readStoredKeys(request), breaker)
      stage.learn({ keys: page, more: page.length === pageRows }, wanted.since)
    }
    const before = batch.keptCount
    stage.apply(batch)
    keys.set(label, stage.keys)
    found.inc(label, before - batch.keptCount)
    forgotten.inc(label, stage.takeForgotten())
  })
})
