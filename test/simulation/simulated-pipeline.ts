// The pipeline that is simulated: rules that drop, windows that wait for hours and for seconds, detectors, small batches.
import { readPipeline } from "@tailrace/pipeline/pipeline"
import { catalogues, type Pipeline } from "@tailrace/processor/pipelines"
import { Effect } from "effect"

const text = `name: simulated
filter:
  - { type: drop, name: noise, when: "noise:yes" }
  - { type: sample, name: debug-sample, rate: 0.5, where: "level:debug" }
metrics:
  - { type: count, name: patient, by: [service], size: 1m, lateness: 6h }
  - { type: count, name: prompt, by: [service], size: 10s, lateness: 5s }
detectors:
  - { type: zscore, metric: prompt, threshold: 2, warmup: 3 }
sinks:
  - { type: clickhouse }
batch: { maxRows: 60, minLinger: 20ms, maxLinger: 100ms }
snapshotEvery: 1s
`

/** Built once for any number of runs; each run makes stages of its own. */
export const simulatedPipeline = (): Pipeline => {
  const result = Effect.runSync(readPipeline(catalogues, text))
  if ("problems" in result) throw new Error(JSON.stringify(result.problems))
  return result.pipeline
}
