// The stdin source: lines until the end, nothing lost when the collector ends or the bus refuses.
// @effect-diagnostics strictEffectProvide:off -- a test is an entry point
import { PassThrough } from "node:stream"
import { assert, describe, it } from "@effect/vitest"
import { Health } from "@tailrace/telemetry/health"
import { Effect, Exit, Schedule, Schema, Scope } from "effect"
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
      assert.strictEqual(published[0]?.attributes["log.truncated_bytes"], "99990")
      assert.include(yield* metrics.text, 'tailrace_collector_truncated_total{source="stdin"} 1')
    })
  )

  it.live("joins the lines of a stack trace over pieces, and hands in the last record when nothing more comes", () =>
    Effect.gen(function* () {
      const { context, published } = testIntake()
      const stream = new PassThrough()
      const { stop } = yield* run(stream, context("stdin"), { multiline: true, partialMillis: 20 })
      for (const piece of ["one\nERROR fail", "ed\n\tat a.B(C.java:1)\n", "Caused by: x.Y\n"]) stream.write(piece)
      const messages = () => published.flatMap((one) => one.messages)
      yield* Effect.suspend(() => (messages().length < 2 ? Effect.fail("too few") : Effect.void)).pipe(
        Effect.retry(Schedule.spaced(5))
      )
      assert.deepStrictEqual(messages(), ["one", "ERROR failed\n\tat a.B(C.java:1)\nCaused by: x.Y"])
      yield* flushed(stream)
      yield* stop
    })
  )

  it.live("joins what a container's runtime broke without being told", () =>
    Effect.gen(function* () {
      const { context, published } = testIntake()
      const stream = new PassThrough()
      const { stop } = yield* run(stream, context("stdin"))
      const at = "2026-01-19T10:30:00.904275087Z"
      stream.write(`plain\n${at} stdout P a\n`)
      stream.write(`${at} stdout F b\nplain\n`)
      yield* flushed(stream)
      yield* stop
      assert.deepStrictEqual(
        published.flatMap(({ messages }) => messages),
        ["plain", `${at} stdout F ab`, "plain"]
      )
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
