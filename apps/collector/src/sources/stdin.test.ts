// The stdin source: lines until the end, nothing lost when the collector ends or the bus refuses.
// @effect-diagnostics strictEffectProvide:off -- a test is an entry point
import { PassThrough } from "node:stream"
import { assert, describe, it } from "@effect/vitest"
import { Health } from "@tailrace/telemetry/health"
import { Effect, Exit, Schema, Scope } from "effect"
import { testIntake } from "../frames/intake.harness.ts"
import type { Refusal } from "../refusal.ts"
import type { SourceContext } from "../source.ts"
import { open, StdinConfig } from "./stdin.ts"

const run = (stream: PassThrough, context: SourceContext, encoded: typeof StdinConfig.Encoded = {}) => {
  const config = Schema.decodeSync(StdinConfig)(encoded)
  return Effect.gen(function* () {
    const scope = yield* Scope.make()
    yield* Scope.provide(open(config, context, stream), scope)
    return { stop: Scope.close(scope, Exit.void) }
  }).pipe(Effect.provide(Health.layer))
}

const flushed = (stream: PassThrough) =>
  Effect.callback<void>((resume) => {
    stream.once("close", () => resume(Effect.void))
    stream.end()
  })

describe("stdin source", () => {
  it.live("hands in every line, also the last without its end, and counts them", () =>
    Effect.gen(function* () {
      const { context, metrics, published } = testIntake()
      const stream = new PassThrough()
      const { stop } = yield* run(stream, context("stdin"))
      for (const piece of ["one\ntw", "o\n\nthree\r\n", "fo", "ur"]) stream.write(piece)
      yield* flushed(stream)
      yield* stop
      assert.deepStrictEqual(
        published.flatMap(({ messages }) => messages),
        ["one", "two", "three", "four"]
      )
      assert.strictEqual(published[0]?.subject, "logs.in.default.stdin")
      assert.include(yield* metrics.text, 'tailrace_collector_messages_total{source="stdin"} 4')
    })
  )

  it.live("cuts a line that is too long and counts that", () =>
    Effect.gen(function* () {
      const { context, metrics, published } = testIntake()
      const stream = new PassThrough()
      const { stop } = yield* run(stream, context("stdin"), { maxMessageBytes: 10 })
      stream.write(`${"x".repeat(100_000)}\nshort\n`)
      yield* flushed(stream)
      yield* stop
      assert.deepStrictEqual(
        published.flatMap(({ messages }) => messages),
        ["x".repeat(10), "short"]
      )
      assert.include(yield* metrics.text, 'tailrace_collector_truncated_total{source="stdin"} 1')
    })
  )

  it.live("holds lines over refusals of the bus until they are taken", () =>
    Effect.gen(function* () {
      const full: Refusal = { reason: "full", message: "stream is full" }
      const { context, published } = testIntake({}, (_, attempt) => Promise.resolve(attempt < 3 ? full : undefined))
      const stream = new PassThrough()
      const { stop } = yield* run(stream, context("stdin"))
      stream.write("held\n")
      yield* flushed(stream)
      yield* stop
      assert.deepStrictEqual(
        published.flatMap(({ messages }) => messages),
        ["held"]
      )
    })
  )
})
