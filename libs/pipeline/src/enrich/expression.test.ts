// Tests of the expressions of derived fields.
import { LogBatch } from "@tailrace/domain/log-batch"
import { Effect, Result } from "effect"
import { describe, expect, it } from "vitest"
import { evaluatorOf } from "./evaluate.ts"
import { parseExpression } from "./expression.ts"

const batch = LogBatch.make({ partition: 0 })
batch.beginFrame({ sequence: 1, tenant: "t", source: "s", receivedMillis: 0 })
batch.appendRecord({
  service: "pay",
  body: "hello wörld",
  attributes: { ms: "1500", path: "/Api/V1", "http.status": "404", text: "abc", "odd name": "yes" }
})

const evaluate = (text: string) => {
  const evaluator = evaluatorOf(Effect.runSync(parseExpression(text, "value")))
  evaluator.bind(batch)
  return evaluator.value(0)
}

describe("expression", () => {
  it.each([
    ["ms / 1000", 1.5],
    ["ms / 1000 * 2 + 1", 4],
    ["1 + 2 * 3 - 4 / 2", 5],
    ["(1 + 2) * 3", 9],
    ["10 - 2 - 3", 5],
    ["-ms + 1", -1499],
    ["ms % 400", 300],
    ["service || '-' || ms", "pay-1500"],
    ["'a' || 1 + 2", "a3"],
    ['upper(service) || " " || lower(path)', "PAY /api/v1"],
    ["substring(body, 7)", "wörld"],
    ["substring(body, 7, 2)", "wö"],
    ["length(body)", 11],
    ["replace(path, '/', '.')", ".Api.V1"],
    ["round(ms / 7, 2)", 214.29],
    ["coalesce(nothing, text, 'x')", "abc"],
    ["coalesce(nothing, 'x')", "x"],
    ["http.status", "404"],
    ["`odd name`", "yes"],
    ["trim('  x ')", "x"]
  ])("%s is %s", (text, value) => {
    expect(evaluate(text)).toBe(value)
  })

  it.each(["nothing + 1", "text * 2", "ms / 0", "nothing || 'x'", "substring(nothing, 1)"])(
    "%s has no value",
    (text) => {
      expect(evaluate(text)).toBeUndefined()
    }
  )

  it.each([
    ["", "a value is missing at the end"],
    ["1 +", "a value is missing at the end"],
    ["(1", '")" is missing at the end'],
    ["1 2", 'unexpected "2" at character 3'],
    ["evil(1)", "no function evil"],
    ["constructor(1)", "no function constructor"],
    ["lower()", "lower takes 1 values, not 0"],
    ["'open", "is not closed"],
    ["a ; b", 'unexpected ";" at character 3'],
    [`${"(".repeat(100)}1${")".repeat(100)}`, "nested deeper than 64"],
    ["1".repeat(5000), "longer than 4096"]
  ])("refuses %s with its place", (text, problem) => {
    const result = Effect.runSync(Effect.result(parseExpression(text, "value")))
    expect(Result.isFailure(result) && result.failure.message).toContain(problem)
  })
})
