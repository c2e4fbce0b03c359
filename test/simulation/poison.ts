// Poison: records over which a stage fails, or that the store refuses, and a pipeline that fails over them.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { type StageName, stageNames } from "@tailrace/domain/stage-name"
import type { PartitionStages } from "@tailrace/pipeline/stage"
import type { Pipeline } from "@tailrace/processor/pipelines"
import { Effect } from "effect"

/** What each poison throws, and the reason that is noted. A torn frame cannot be parsed, and each of its records can. */
export const stagePoisons = {
  torn: { failure: RangeError, reason: "failed: RangeError" },
  parse: { failure: SyntaxError, reason: "failed: SyntaxError" },
  filter: { failure: TypeError, reason: "failed: TypeError" },
  enrich: { failure: EvalError, reason: "failed: EvalError" },
  watch: { failure: URIError, reason: "failed: URIError" }
} as const

/** The words that stand in poisoned records. */
export const poisonWords = [...stageNames.map((victim) => `no-${victim}`), "torn-frame"]

/** Stages behind the others, whose letters stand for records that may be stored instead. */
export const isLate = (stage: string): boolean => stage === "watch" || stage === "sink"

/** Who cannot take a record with this text. */
export const poisonIn = (text: string): StageName | undefined =>
  text.includes("no-") ? stageNames.find((victim) => text.includes(`no-${victim}`)) : undefined

export const isTorn = (texts: ReadonlyArray<string>): boolean =>
  texts.length > 1 && texts.some((text) => text.includes("torn-frame"))

/** A text from which somebody took the poison. */
export const cured = (text: string): string => poisonWords.reduce((rest, word) => rest.replaceAll(word, "cured"), text)

/** The same pipeline, whose stages fail over what is poison to them, some of them in the middle of their work. */
export const brittle = (pipeline: Pipeline): Pipeline => ({
  ...pipeline,
  stagesFor: (partition) => Effect.map(pipeline.stagesFor(partition), brittleStages)
})

const brittleStages = (stages: PartitionStages): PartitionStages => ({
  ...stages,
  parse: (batch, frame) => {
    const texts = stages.messages(frame).map((message) => Buffer.from(message).toString())
    if (isTorn(texts)) throw new stagePoisons.torn.failure("the frame is torn")
    const appending = stages.parse(batch, frame)
    if (texts.some((text) => poisonIn(text) === "parse")) throw new stagePoisons.parse.failure("cannot parse")
    return appending
  },
  filter: {
    name: "filter",
    apply: (batch) => {
      failOver("filter", batch)
      stages.filter.apply(batch)
    }
  },
  enrich: {
    name: "enrich",
    apply: (batch) => {
      failOver("enrich", batch)
      stages.enrich.apply(batch)
    }
  },
  watch: {
    ...stages.watch,
    observe: (batch, now) => {
      stages.watch.observe(batch, now)
      failOver("watch", batch)
    }
  }
})

const failOver = (stage: "filter" | "enrich" | "watch", batch: LogBatch): void => {
  for (let row = 0; row < batch.length; row++) {
    if (batch.selected[row] === 1 && poisonIn(batch.body.text(row)) === stage)
      throw new stagePoisons[stage].failure(`cannot take ${batch.sequence[row]}-${row}`)
  }
}
