// GuardedStages: the stages of a partition, none of which can be stopped for ever by a record it fails over.
import type { FrameLayout } from "@tailrace/domain/frame"
import { countDropped } from "@tailrace/domain/frame-account"
import { LogBatch } from "@tailrace/domain/log-batch"
import type { RawFrame } from "@tailrace/domain/raw-frame"
import type { BatchStageName } from "@tailrace/domain/stage-name"
import { originOf } from "@tailrace/domain/subjects"
import { appendWhole } from "@tailrace/pipeline/append-frame"
import type { Appending, FrameRefusal, PartitionStages } from "@tailrace/pipeline/stage"
import { Effect, Schema } from "effect"
import type { Refused } from "../outputs/dead-letter-office.ts"
import type { Pipeline } from "../pipelines.ts"
import {
  failureIn,
  failureOf,
  type Poison,
  poisonedMessages,
  poisonedRows,
  type StageFailure,
  withoutMessages
} from "./isolate.ts"
import type { PartitionRuntime } from "./partition-runtime.ts"
import type { SuspectRun } from "./suspects.ts"

/**
 * failed: a stage threw over records; the next life takes them apart. keys: a record that had been counted as kept became
 * a dead letter, so that the keys of stored records have to be read anew.
 */
export class StageError extends Schema.TaggedError<StageError>()("StageError", {
  reason: Schema.Literals(["failed", "keys"]),
  message: Schema.String
}) {}

export interface GuardedStages extends PartitionStages {
  /** Takes what was found since the last time, of one stage or of all, up to a sequence; to be stored before its batch is. */
  readonly takeRefused: (through: number, stage?: BatchStageName) => ReadonlyArray<Refused>
  /** Notes a frame that was accounted as refused for a reason other than its records. */
  readonly refuse: (frame: RawFrame, refusal: FrameRefusal) => void
}

/**
 * A stage that throws ends the life of the pipeline, because it may have left its batch or its state half changed. The
 * messages of that batch are remembered, and in the next life each stage first tries copies of them on stages of its own:
 * the records it fails over alone are rejected, the others go on. A failure that no record causes by itself ends that life
 * too, and so on with back-off: nothing is set aside for what may be true of every record.
 */
export const guardStages = Effect.fnUntraced(function* (pipeline: Pipeline, runtime: PartitionRuntime) {
  const { partition } = runtime
  const stages = yield* pipeline.stagesFor(partition)
  const guard = new Guard(partition, runtime, freshStages(pipeline, partition))
  const { enrich, filter, watch } = stages
  return {
    ...stages,
    parse: (batch, frame) => guard.parse(stages, batch, frame),
    filter: { ...filter, apply: (batch) => guard.run("filter", batch, filter.apply, (one) => one.filter.apply) },
    enrich: { ...enrich, apply: (batch) => guard.run("enrich", batch, enrich.apply, (one) => one.enrich.apply) },
    watch: {
      ...watch,
      observe: (batch, now) => {
        const observe = (one: PartitionStages) => (copy: LogBatch) => one.watch.observe(copy, now)
        guard.run("watch", batch, observe(stages), observe)
      }
    },
    takeRefused: (through: number, stage?: BatchStageName) => guard.take(through, stage),
    refuse: (frame: RawFrame, refusal: FrameRefusal) => guard.refuse(frame, refusal)
  } satisfies GuardedStages
})

/** Stages for trials; making them only computes. */
const freshStages = (pipeline: Pipeline, partition: number) => (): PartitionStages =>
  Effect.runSync(pipeline.stagesFor(partition))

class Guard {
  private readonly partition: number
  private readonly runtime: PartitionRuntime
  private readonly fresh: () => PartitionStages
  private refused: Array<Refused> = []
  private spare: PartitionStages | undefined

  constructor(partition: number, runtime: PartitionRuntime, fresh: () => PartitionStages) {
    this.partition = partition
    this.runtime = runtime
    this.fresh = fresh
  }

  take(through: number, stage: BatchStageName | undefined): ReadonlyArray<Refused> {
    if (this.refused.length === 0) return this.refused
    const isTaken = (one: Refused) => one.sequence <= through && (stage === undefined || one.stage === stage)
    const taken = this.refused.filter(isTaken)
    this.refused = this.refused.filter((one) => !isTaken(one))
    return taken
  }

  /** Runs a stage over a batch; `of` picks the same of other stages, for trials. */
  run(
    stage: BatchStageName,
    batch: LogBatch,
    work: (batch: LogBatch) => void,
    of: (stages: PartitionStages) => (batch: LogBatch) => void
  ): void {
    const run = { first: batch.firstSequence, last: batch.lastSequence }
    if (this.runtime.suspects.covers(run)) {
      const trial = (copy: LogBatch) => this.onSpare((one) => of(one)(copy))
      for (const one of poisonedRows(batch, trial)) this.reject(stage, batch, one)
    }
    try {
      work(batch)
    } catch (cause) {
      throw this.suspect(stage, run, cause)
    }
  }

  parse(stages: PartitionStages, batch: LogBatch, frame: RawFrame): Appending | undefined {
    const run = { first: frame.sequence, last: frame.sequence }
    if (this.runtime.suspects.covers(run)) {
      this.parseWithCare(stages, batch, frame)
      return undefined
    }
    const { parse } = stages
    const { more, refused } = this.watched(run, () => parse(batch, frame)) ?? {}
    if (refused !== undefined) this.refuse(frame, refused)
    return more === undefined ? undefined : { more: () => this.watched(run, more) }
  }

  private watched<A>(run: SuspectRun, work: () => A): A {
    try {
      return work()
    } catch (cause) {
      throw this.suspect("parse", run, cause)
    }
  }

  refuse(frame: RawFrame, refusal: FrameRefusal): void {
    const { source, tenant } = originOf(frame.subject)
    this.note({ ...refusal, tenant, source, sequence: frame.sequence, stage: "parse", row: 0 })
  }

  private parseWithCare(stages: PartitionStages, batch: LogBatch, frame: RawFrame): void {
    const failure = this.trial(frame)
    if (failure === undefined) {
      this.parseWhole(stages, batch, frame)
      return
    }
    const messages = stages.messages(frame)
    const poison = poisonedMessages(messages, (message) => this.trial(withPayload(frame, message, "single")))
    const { layout, payload } = withoutMessages(messages, new Set(poison.map(({ index }) => index)))
    const mended = withPayload(frame, payload, layout)
    if (poison.length === 0 || this.trial(mended) !== undefined) this.rejectFrame(batch, frame, messages, failure)
    else {
      const before = batch.length
      this.parseWhole(stages, batch, mended)
      for (const one of poison) this.reject("parse", batch, { ...one, index: before + one.index })
    }
  }

  private parseWhole({ parse }: PartitionStages, batch: LogBatch, frame: RawFrame): void {
    appendWhole(
      (...given) => {
        const appending = parse(...given)
        if (appending?.refused !== undefined) this.refuse(frame, appending.refused)
        return appending
      },
      batch,
      frame
    )
  }

  private trial(frame: RawFrame): StageFailure | undefined {
    const batch = LogBatch.make({ partition: this.partition, rowCapacity: 64 })
    return failureIn(() => this.onSpare(({ parse }) => appendWhole(parse, batch, frame)))
  }

  /** Runs a trial on stages that are thrown away once they have failed; making some anew for each trial takes seconds. */
  private onSpare(trial: (stages: PartitionStages) => void): void {
    const stages = this.spare ?? this.fresh()
    this.spare = undefined
    trial(stages)
    this.spare = stages
  }

  /** The whole frame becomes one dead letter, which stands for all of its records. */
  private rejectFrame(
    batch: LogBatch,
    frame: RawFrame,
    messages: ReadonlyArray<Uint8Array>,
    failure: StageFailure
  ): void {
    const { header, sequence, storedMillis, subject } = frame
    const { source, tenant } = originOf(subject)
    const { dropped, receivedMillis = storedMillis } = header
    const account = batch.beginFrame({ sequence, tenant, source, receivedMillis })
    for (let row = 0; row < messages.length; row++) batch.reject(batch.appendRow(), failure.reason)
    if (dropped !== undefined) countDropped(account, dropped)
    this.note({ ...failure, sequence, tenant, source, stage: "parse", row: 0, records: messages.length })
  }

  private reject(stage: BatchStageName, batch: LogBatch, { detail, index, reason }: Poison): void {
    batch.reject(index, reason)
    this.note({
      tenant: batch.tenant.textAt(index),
      source: batch.source.textAt(index),
      stage,
      sequence: batch.sequence[index] as number,
      row: batch.row[index] as number,
      records: 1,
      reason,
      detail
    })
  }

  private note({ detail, reason, records, row, sequence, source, stage, tenant }: Refused): void {
    this.refused.push({ detail, reason, records, row, sequence, source, stage, tenant })
  }

  private suspect(stage: BatchStageName, run: SuspectRun, cause: unknown): StageError {
    this.runtime.suspects.add(run)
    const { detail, reason } = failureOf(cause)
    const message = `${stage} ${reason} over messages ${run.first} to ${run.last} of partition ${this.partition}: ${detail}`
    return new StageError({ reason: "failed", message })
  }
}

const withPayload = (frame: RawFrame, payload: Uint8Array, layout: FrameLayout): RawFrame => ({
  ...frame,
  payload,
  header: { ...frame.header, layout }
})
