// zscore: detector that compares each pane with the median of the panes before it.
import type { Anomaly } from "@tailrace/domain/anomaly"
import { field, optional, required } from "@tailrace/domain/field"
import { Effect, Schema } from "effect"
import type { ClosedWindow } from "../closed-window.ts"
import { type Detector, defineDetector } from "./detector.ts"
import { robustScore } from "./robust-score.ts"
import { plain, sentenceOf } from "./sentence.ts"

const config = Schema.Struct({
  type: Schema.Literal("zscore"),
  name: optional(Schema.NonEmptyString, "Name that anomalies carry; the type when left out."),
  metric: required(Schema.NonEmptyString, "Metric whose panes are watched; each key has a past of its own."),
  threshold: field(Schema.Finite.check(Schema.isGreaterThan(0)), 4, "Robust standard deviations that make an anomaly."),
  warmup: field(
    Schema.Int.check(Schema.isBetween({ minimum: 3, maximum: 1_000 })),
    12,
    "Panes of a key to learn from before its first verdict."
  ),
  history: field(
    Schema.Int.check(Schema.isBetween({ minimum: 3, maximum: 1_000 })),
    60,
    "Panes of a key that count as its past."
  ),
  direction: field(Schema.Literals(["both", "high", "low"]), "both", "Which deviations to report."),
  minimum: field(
    Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)),
    0,
    "Least distance from the expected value, in the metric's own unit."
  ),
  maxKeys: field(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000 })), 10_000, "Keys watched at most.")
})
type Config = typeof config.Type

export const zscore = defineDetector({
  name: "zscore",
  summary: "Reports a pane that lies far from the median of the panes before it.",
  config,
  examples: [{ title: "Sudden errors", config: { type: "zscore", metric: "errors", threshold: 5, direction: "high" } }],
  make: (config) => Effect.sync(() => makeZscore(config))
})

interface Past {
  readonly tenant: string
  readonly key: Readonly<Record<string, string>>
  values: Array<number>
  /** Windows without a pane in a row. */
  absent: number
}

const makeZscore = (config: Config): Detector => {
  const pasts = new Map<string, Past>()
  const judge = (past: Past, window: ClosedWindow, value: number): Anomaly | undefined => {
    const values = past.values
    const verdict = values.length >= config.warmup ? anomalyOf(config, window, past, value) : undefined
    values.push(value)
    if (values.length > config.history) values.shift()
    return verdict
  }
  return {
    metric: config.metric,
    observe: (window) => {
      const found: Array<Anomaly> = []
      const present = new Set<string>()
      for (const pane of window.panes) {
        const id = JSON.stringify([pane.tenant, ...Object.values(pane.key)])
        present.add(id)
        let past = pasts.get(id)
        if (past === undefined) {
          if (pasts.size >= config.maxKeys) continue
          past = { tenant: pane.tenant, key: pane.key, values: [], absent: 0 }
          pasts.set(id, past)
        }
        past.absent = 0
        const anomaly = judge(past, window, pane.value)
        if (anomaly !== undefined) found.push(anomaly)
      }
      for (const [id, past] of pasts) {
        if (present.has(id)) continue
        past.absent++
        const anomaly = window.absentIsZero ? judge(past, window, 0) : undefined
        if (anomaly !== undefined) found.push(anomaly)
        if (past.absent >= config.history) pasts.delete(id)
      }
      return found
    },
    save: () => [...pasts.entries()],
    load: (saved) => {
      pasts.clear()
      for (const [id, past] of saved as ReadonlyArray<[string, Past]>) pasts.set(id, past)
    }
  }
}

const anomalyOf = (config: Config, window: ClosedWindow, past: Past, value: number): Anomaly | undefined => {
  const { expected, score } = robustScore(past.values, value, (median) => leastSpread(window, median))
  const direction = score >= 0 ? "high" : "low"
  if (Math.abs(score) < config.threshold || Math.abs(value - expected) < config.minimum) return undefined
  if (config.direction !== "both" && config.direction !== direction) return undefined
  return {
    partition: window.partition,
    sequence: window.sequence,
    tenant: past.tenant,
    metric: window.metric,
    detector: config.name ?? "zscore",
    windowStart: window.windowStart,
    windowEnd: window.windowEnd,
    key: past.key,
    value,
    expected,
    score,
    direction,
    sentence: sentenceOf(window, past.key, value, expected, `robust z-score ${plain(Math.round(score * 10) / 10)}`),
    revision: 0
  }
}

/** Counts of independent events scatter by their square root even where the past was flat; other values by 1 %. */
const leastSpread = (window: ClosedWindow, median: number): number => {
  const seconds = (window.windowEnd - window.windowStart) / 1000
  if (window.type === "count") return Math.sqrt(Math.max(1, median))
  if (window.type === "rate") return Math.sqrt(Math.max(1, median * seconds)) / seconds
  return Math.abs(median) * 0.01
}
