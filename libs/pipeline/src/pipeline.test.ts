// Tests of reading pipeline files: what is accepted, and how what is wrong is told.
import { it } from "@effect/vitest"
import { problemText } from "@tailrace/config/config-decode"
import { Effect } from "effect"
import { describe, expect } from "vitest"
import { catalogues } from "./catalogues.harness.ts"
import { readPipeline } from "./pipeline.ts"

const problemsOf = (text: string) =>
  Effect.map(readPipeline(catalogues, text), (result) => ("problems" in result ? result.problems.map(problemText) : []))

describe("readPipeline", () => {
  it.effect("has a default that counts by service and severity and watches errors", () =>
    Effect.gen(function* () {
      const result = yield* readPipeline(catalogues)
      if ("problems" in result) throw new Error(result.problems.map(problemText).join("\n"))
      expect(result.pipeline.config.metrics.map(({ name }) => name)).toEqual(["records_10s", "records_1m", "errors"])
      expect(result.pipeline.sinks.map(({ name }) => name)).toEqual(["clickhouse", "live"])
    })
  )

  it.effect("takes an empty file for all defaults", () =>
    Effect.gen(function* () {
      expect(yield* problemsOf("")).toEqual([])
    })
  )

  it.effect.each([
    ["filter: [{ type: dorp, name: x, when: a }]", '1:18 filter.0.type: no type "dorp", there are drop, keep, sample'],
    ["filter:\n  - { name: x }", "filter.0.type: type is missing"],
    ["filter:\n  - { type: drop, name: x }", "filter.0.when: "],
    ["filter:\n  - { type: sample, name: x, rate: 2 }", "2:36 filter.0.rate: "],
    ["fliter: []", "fliter: "],
    ["metrics: [{ type: count, name: 'a b' }]", "metrics.0.name: must be 1 to 64 letters"],
    ["metrics: [{ type: sum, name: a }]", "metrics.0.field: "],
    ["metrics: [{ type: count, name: a, size: 10 }]", "metrics.0.size: "],
    ["metrics: [{ type: count, name: a, size: 10x }]", 'such as "10s"'],
    ["metrics: [{ type: count, name: a, size: 0s }]", "metrics.0.size: must be longer than 0"],
    ["metrics: [{ type: count, name: a }, { type: rate, name: a }]", 'metrics.1.name: "a" is there twice'],
    ["detectors: [{ type: zscore, metric: b }]", 'detectors.0.metric: no metric "b", none is declared'],
    ["enrich: [{ type: derive, field: x, value: '1 +' }]", "enrich.0.value: a value is missing at the end"],
    ["enrich: [{ type: static, fields: { tenant: x } }]", "enrich.0.fields: tenant cannot be written"],
    ["parse: { codec: toml }", "parse.codec: "],
    ["sinks: [{ type: nowhere }]", 'sinks.0.type: no type "nowhere"'],
    ["sinks: [{ type: clickhouse }, { type: clickhouse }]", 'sinks.1.name: "clickhouse" is there twice'],
    ["a: [", "1:"],
    ["a: 1\na: 2", "2:1 "]
  ])("refuses %s", ([text, problem]) =>
    Effect.gen(function* () {
      expect((yield* problemsOf(text)).join("\n")).toContain(problem)
    })
  )

  it.effect("tells everything that is wrong at once", () =>
    Effect.gen(function* () {
      const text =
        "filter: [{ type: drop, name: x, when: '(' }]\nmetrics: [{ type: counts, name: y }]\nsinks: [{ type: z }]"
      expect((yield* problemsOf(text)).length).toBe(3)
    })
  )

  it.effect("tells what is wrong inside of sections beside keys that do not exist, by line", () =>
    Effect.gen(function* () {
      const text = `name: shop
filter:
  - { type: drop, name: x, when: "(" }
  - { type: drop, name: y, when: "a", colour: red }
colour: blue
metrics: [{ type: counts, name: z }]
detectors: none
parse: { codec: toml }
`
      const problems = yield* problemsOf(text)
      expect(problems.map((problem) => problem.split(": ")[0])).toEqual([
        "3:34 filter.0.when",
        "4:47 filter.1.colour",
        "5:9 colour",
        "6:19 metrics.0.type",
        "7:12 detectors",
        "8:17 parse.codec"
      ])
    })
  )

  it.effect("refuses aliases that multiply without end", () =>
    Effect.gen(function* () {
      const bomb = [
        "a: &a [x,x,x,x,x,x,x,x,x]",
        ...["b", "c", "d", "e", "f", "g"].map(
          (name, i) => `${name}: &${name} [${Array(9).fill(`*${"abcdefg"[i]}`).join(",")}]`
        )
      ]
      expect((yield* problemsOf(bomb.join("\n"))).length).toBeGreaterThan(0)
    })
  )
})
