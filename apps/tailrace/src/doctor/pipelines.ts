// Pipelines: what the processors tell of themselves, as the doctor judges it.
import type { PartitionState, PipelineState } from "@tailrace/domain/pipeline-state"
import { type Finding, findingsOf, millisText } from "./finding.ts"

const { fail, ok, warn } = findingsOf("pipeline")

const longLagMillis = 10_000

/** `partitions` is how many the raw stream has; 0 when it is not known. */
export const judgePipelines = (states: ReadonlyArray<PipelineState>, partitions: number): ReadonlyArray<Finding> => {
  if (states.length === 0)
    return [
      fail(
        "processors",
        "none tells its state",
        "what is received stays in the broker and is not stored",
        "start `tailrace up` or a processor"
      )
    ]
  const findings: Array<Finding> = [
    ok(
      "processors",
      states.map(({ instance, pipeline, placement }) => `${instance} runs ${pipeline} (${placement})`).join("; ")
    )
  ]
  const run = new Map<number, PartitionState>()
  for (const { partitions } of states)
    for (const one of partitions) if (run.get(one.partition)?.status !== "running") run.set(one.partition, one)
  for (let partition = 0; partition < partitions; partition++)
    if (!run.has(partition))
      findings.push(
        fail(
          `partition ${partition}`,
          "run by no processor",
          "its frames stay in the broker",
          "name it under `run` of a processor"
        )
      )
  for (const one of [...run.values()].sort((a, b) => a.partition - b.partition)) findings.push(judgePartition(one))
  return findings
}

const judgePartition = (state: PartitionState): Finding => {
  const name = `partition ${state.partition}`
  const rate = `${Math.round(state.recordsPerSecond)} records/s`
  const lag = `${state.lagMessages} frames behind, the oldest ${millisText(state.lagMillis)}`
  if (state.status === "holding")
    return fail(
      name,
      `holding: ${state.reason}`,
      "nothing is stored until the store takes inserts again; logs wait in the broker",
      "mend what the reason says; it goes on by itself"
    )
  if (state.status !== "running")
    return warn(
      name,
      `${state.status}: ${state.reason}`,
      "its frames wait in the broker",
      "look again in a moment; if it stays so, the reason says what to mend"
    )
  if (state.lagMillis > longLagMillis)
    return warn(
      name,
      `${rate}, ${lag}`,
      "logs are found late",
      "give it more CPU or partitions, or send less; see the busy share of stages in the api's `pipeline`"
    )
  return ok(name, `${rate}, ${lag}, ${state.restarts} restarts`)
}
