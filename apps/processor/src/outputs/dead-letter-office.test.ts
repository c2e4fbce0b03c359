// Tests of the dead letter office: letters are stored whatever an attempt came to.
// @effect-diagnostics strictEffectProvide:off -- a test is an entry point
import { it } from "@effect/vitest"
import { Store } from "@tailrace/store/store"
import { StoreError } from "@tailrace/store/store-error"
import { Tables } from "@tailrace/store/tables"
import { Broker } from "@tailrace/streams/broker"
import { Nats } from "@tailrace/streams/nats"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect } from "vitest"
import { Breaker } from "./breaker.ts"
import { openDeadLetterOffice } from "./dead-letter-office.ts"

const refused = {
  ...{ tenant: "t", source: "s", stage: "filter", sequence: 3, row: 0 },
  ...{ records: 1, reason: "failed: TypeError", detail: "x" }
}

describe("the dead letter office", () => {
  it.effect("repeats letters under another token, because the first may be logged for letters that never came", () => {
    const tokens: Array<string> = []
    const tables = {
      insertNative: (_table: string, _columns: string, token: string) =>
        Effect.suspend(() => {
          tokens.push(token)
          const failure = new StoreError({ consequence: "retry", message: "no answer" })
          return tokens.length === 1 ? Effect.fail(failure) : Effect.void
        })
    }
    const message = { subject: "logs.raw.0.t.s", headers: { get: () => "" }, data: Buffer.from("x"), receivedMillis: 1 }
    const services = Layer.mergeAll(
      Layer.succeed(Tables, tables as never),
      Layer.succeed(Broker, { readStoredMessage: () => Effect.succeed(message) } as never),
      Layer.succeed(Store, {} as never),
      Layer.succeed(Nats, {} as never),
      Metrics.layerBare
    )
    const policy = { retry: { first: 1, longest: 1 }, breaker: { failures: 9, open: 1, longest: 1 } }
    const breaker = new Breaker({ name: "letters", policy, now: () => 0, elapsed: () => 0, random: () => 0 })
    return Effect.gen(function* () {
      const messages = () => [message.data]
      const office = yield* openDeadLetterOffice({ partition: 0, pipelineVersion: "p@1", messages, breaker })
      const fibre = yield* Effect.forkChild(office.take([refused]))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fibre)
      expect(tokens).toHaveLength(2)
      expect(tokens[1]).not.toBe(tokens[0])
    }).pipe(Effect.provide(services))
  })
})
