// GraphQL query and subscription pipeline: what the pipelines of all processes are doing.
import type {
  BreakerState,
  PartitionState,
  PipelineState,
  ReloadState,
  RuleState,
  StageState
} from "@tailrace/domain/pipeline-state"
import { openLive } from "../../tail/live-limit.ts"
import { pushIterator } from "../../tail/push-iterator.ts"
import { builder } from "../builder.ts"

const Stage = builder.objectRef<StageState>("StageState").implement({
  fields: (t) => ({
    name: t.exposeString("name"),
    recordsIn: t.exposeFloat("recordsIn"),
    recordsOut: t.exposeFloat("recordsOut"),
    dropped: t.exposeFloat("dropped"),
    rejected: t.exposeFloat("rejected"),
    batches: t.exposeFloat("batches"),
    mailbox: t.exposeInt("mailbox", { description: "Batches waiting before the stage." }),
    busy: t.exposeFloat("busy", { description: "Busy share of the last second." })
  })
})

const Rule = builder.objectRef<RuleState>("RuleState").implement({
  fields: (t) => ({
    name: t.exposeString("name"),
    matched: t.exposeFloat("matched"),
    dropped: t.exposeFloat("dropped")
  })
})

const Breaker = builder.objectRef<BreakerState>("SinkState").implement({
  description: "How an output of a partition's pipeline stands with the store.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "The sink; `findings` and `dead-letters` are written beside them." }),
    breaker: t.exposeString("state", { description: "closed, open or half-open: whether writes are tried." }),
    failures: t.exposeInt("failures", { description: "Failures in a row." }),
    reason: t.exposeString("reason"),
    since: t.field({ type: "DateTime", description: "Last change of the breaker.", resolve: (state) => state.since })
  })
})

const Partition = builder.objectRef<PartitionState>("PartitionState").implement({
  fields: (t) => ({
    partition: t.exposeInt("partition"),
    status: t.exposeString("status", {
      description: "starting, standby (another process owns the partition), running, holding, restarting or stopped."
    }),
    reason: t.exposeString("reason"),
    version: t.exposeString("version", { description: "Version of the pipeline that runs here." }),
    restarts: t.exposeInt("restarts"),
    committedSequence: t.exposeFloat("committedSequence"),
    lagMessages: t.exposeFloat("lagMessages"),
    lagMs: t.float({ resolve: (state) => state.lagMillis }),
    recordsPerSecond: t.exposeFloat("recordsPerSecond"),
    stages: t.field({ type: [Stage], resolve: (state) => state.stages }),
    rules: t.field({ type: [Rule], resolve: (state) => state.rules }),
    sinks: t.field({ type: [Breaker], resolve: (state) => state.sinks })
  })
})

const Reload = builder.objectRef<ReloadState>("PipelineReload").implement({
  description: "What came of reading the pipeline file again.",
  fields: (t) => ({
    at: t.field({ type: "DateTime", resolve: (reload) => reload.at }),
    accepted: t.exposeBoolean("accepted", { description: "A wrong file is refused, and the old pipeline goes on." }),
    lines: t.exposeStringList("lines", { description: "What is different, or what is wrong with the file." }),
    tookMs: t.float({ resolve: (reload) => reload.tookMillis })
  })
})

const Pipeline = builder.objectRef<PipelineState>("PipelineState").implement({
  description: "The pipelines of one process, as it told within the last seconds.",
  fields: (t) => ({
    instance: t.exposeString("instance"),
    pipeline: t.exposeString("pipeline"),
    placement: t.exposeString("placement"),
    version: t.exposeString("version", { description: "Name and a short hash of the configuration." }),
    loadedAt: t.field({ type: "DateTime", resolve: (state) => state.loadedAt }),
    reload: t.field({
      type: Reload,
      nullable: true,
      description: "The last change of the pipeline file, null before the first.",
      resolve: (state) => state.reload
    }),
    at: t.field({ type: "DateTime", resolve: (state) => state.at }),
    partitions: t.field({ type: [Partition], resolve: (state) => state.partitions })
  })
})

builder.queryField("pipeline", (t) =>
  t.field({
    type: [Pipeline],
    description: "What the pipelines of all processes are doing.",
    resolve: (_, _input, context) => context.states()
  })
)

builder.subscriptionField("pipeline", (t) =>
  t.field({
    type: [Pipeline],
    description: "The same, each time a process tells, once a second.",
    subscribe: (_, _input, context) =>
      openLive(context, (left) => {
        const stop = (): void => {
          end()
          left()
        }
        const iterator = pushIterator<ReadonlyArray<PipelineState>>({ waiting: 1, stop })
        const end = context.onState(() => iterator.push(context.states()))
        return iterator
      }),
    resolve: (states: ReadonlyArray<PipelineState>) => states
  })
)
