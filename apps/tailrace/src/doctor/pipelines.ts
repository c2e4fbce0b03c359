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
  const standbys = new Map<number, number>()
  for (const one of states.flatMap(({ partitions }) => partitions)) {
    if (one.status === "standby") standbys.set(one.partition, (standbys.get(one.partition) ?? 0) + 1)
    const known = run.get(one.partition)
    if (known === undefined || rankOf(one) > rankOf(known)) run.set(one.partition, one)
  }
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
  for (const one of [...run.values()].sort((a, b) => a.partition - b.partition))
    findings.push(...judgePartition(one, standbys.get(one.partition) ?? 0))
  return findings
}

/** Of several that tell of a partition its owner counts: the one that works, or would if it could. */
const rankOf = ({ status }: PartitionState): number =>
  status === "running" ? 3 : status === "holding" ? 2 : status === "standby" ? 0 : 1

/** What an open breaker delays: live tails and standard output are shown what is stored, findings and letters lie beside it. */
const waitingFor = (sink: string): string =>
  sink === "findings"
    ? "panes, anomalies and snapshots wait; records are stored until 16,384 messages wait for it in the broker"
    : sink === "dead-letters"
      ? "the batch of a record that is to be set aside waits, and what comes behind it"
      : "what is meant for this sink waits in the broker, and so do sinks that show what is stored"

const judgePartition = (state: PartitionState, standbys: number): ReadonlyArray<Finding> => {
  const { lagMillis, lagMessages, reason, recordsPerSecond, restarts, status } = state
  const name = `partition ${state.partition}`
  const rate = `${Math.round(recordsPerSecond)} records/s`
  const lag = `${lagMessages} frames behind, the oldest ${millisText(lagMillis)}`
  const finding = () => {
    if (status === "holding")
      return fail(
        name,
        `holding: ${reason}`,
        "what is held is stored once it is taken; until then logs wait in the broker, and later ones behind them",
        "mend what the reason says; it goes on by itself"
      )
    if (status === "standby")
      return fail(
        name,
        `${standbys} wait to take over, none owns it`,
        "its frames wait in the broker",
        "look again in a moment: a waiting processor takes over within seconds"
      )
    if (status !== "running")
      return warn(
        name,
        `${status}: ${reason}`,
        "its frames wait in the broker",
        "look again in a moment; if it stays so, the reason says what to mend"
      )
    if (lagMillis > longLagMillis)
      return warn(
        name,
        `${rate}, ${lag}`,
        "logs are found late",
        "give it more CPU or partitions, or send less; see the busy share of stages in the api's `pipeline`"
      )
    const waiting = standbys === 0 ? "" : `, ${standbys} more would take over`
    return ok(name, `${rate}, ${lag}, ${restarts} restarts${waiting}`)
  }
  const breakers = state.sinks
    .filter((sink) => sink.state !== "closed")
    .map((sink) =>
      fail(
        `${name}, sink ${sink.name}`,
        `breaker ${sink.state} after ${sink.failures} failures: ${sink.reason}`,
        waitingFor(sink.name),
        "mend what the reason says; it tries again by itself"
      )
    )
  return [finding(), ...breakers]
}
