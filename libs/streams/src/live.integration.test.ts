// Live tails and states against a real nats-server.
import { assert, describe, it } from "@effect/vitest"
import type { PipelineState } from "@tailrace/domain/pipeline-state"
import { stateSubject } from "@tailrace/domain/subjects"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { natsServer } from "@tailrace/testing/nats-server"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect, Layer, Redacted } from "effect"
import { openAnnouncedEnds } from "./announced-ends.ts"
import { openLiveOutlet, subscribeLive } from "./live.ts"
import { Nats } from "./nats.ts"
import { openStateBoard, publishState } from "./state.ts"

const connect = Effect.fnUntraced(function* (
  url: string,
  user: { readonly user?: string; readonly password?: Redacted.Redacted<string> } = {}
) {
  return yield* Layer.build(
    Nats.layer({ servers: url, name: "test", ...user }).pipe(
      Layer.provideMerge(Layer.merge(Health.layer, Metrics.layerBare))
    )
  )
})

describe("live", () => {
  it.live("is wanted only while somebody listens, and reaches every listener with the partition", () =>
    Effect.gen(function* () {
      const server = yield* natsServer()
      const outlet = yield* openLiveOutlet.pipe(Effect.provide(yield* connect(server.url)))
      assert.isTrue(outlet.wanted(), "somebody may be listening since before")
      yield* waitUntil(Effect.sync(outlet.wanted), (wanted) => !wanted, { what: "nobody being taken to listen" })
      const got: Array<string> = []
      for (const name of ["a", "b"]) {
        const listen = subscribeLive((batch) =>
          got.push(`${name} ${batch.partition} ${Buffer.from(batch.bytes)} ${batch.behind}`)
        )
        yield* listen.pipe(Effect.provide(yield* connect(server.url)))
      }
      yield* waitUntil(Effect.sync(outlet.wanted), (wanted) => wanted)
      assert.strictEqual(outlet.publish(3, Buffer.from("batch"), 7), "sent")
      yield* waitUntil(
        Effect.sync(() => got.length),
        (length) => length === 2
      )
      assert.deepStrictEqual(got.sort(), ["a 3 batch 7", "b 3 batch 7"])
      assert.strictEqual(outlet.publish(3, new Uint8Array(9 * 1024 * 1024), 7), "too-large")
    }).pipe(Effect.scoped)
  )
})

describe("announced ends", () => {
  it.live("are those of the owners, and none where the broker lets nobody hear them", () =>
    Effect.gen(function* () {
      const server = yield* natsServer({
        configuration: `authorization { users: [
          { user: all, password: x },
          { user: deaf, password: x, permissions: { publish: ">", subscribe: ["_INBOX.>"] } }
        ] }`
      })
      const as = (user: string) => connect(server.url, { user, password: Redacted.make("x") })
      const all = yield* as("all")
      const ends = yield* openAnnouncedEnds.pipe(Effect.provide(all))
      const deaf = yield* openAnnouncedEnds.pipe(Effect.provide(yield* as("deaf")))
      const { control } = yield* Nats.pipe(Effect.provide(all))
      const announced = (last: number) =>
        JSON.stringify({ owner: "x", cuts: { rows: { first: 1, last, attempt: 1, ingestedAt: 1 } } })
      control.publish("owners.cut.3", announced(9))
      control.publish("owners.cut.3", "garbage")
      yield* waitUntil(
        Effect.sync(() => ends.of(3)),
        (end) => end === 9
      )
      control.publish("owners.cut.3", announced(12))
      yield* waitUntil(
        Effect.sync(() => ends.of(3)),
        (end) => end === 12
      )
      yield* waitUntil(
        Effect.sync(() => deaf.of(3)),
        (end) => end === "none"
      )
    }).pipe(Effect.scoped)
  )
})

const stateOf = (instance: string): PipelineState => ({
  instance,
  pipeline: "main",
  placement: "fused",
  version: "main@00000000",
  loadedAt: 0,
  reload: null,
  at: 1,
  partitions: []
})

describe("state", () => {
  it.live("shows the last state of every process and ignores what is no state", () =>
    Effect.gen(function* () {
      const server = yield* natsServer()
      const context = yield* connect(server.url)
      const seen: Array<string> = []
      const board = yield* openStateBoard((state) => seen.push(state.instance)).pipe(Effect.provide(context))
      const { control } = yield* Nats.pipe(Effect.provide(context))
      control.publish(stateSubject("stranger"), "no json")
      control.publish(stateSubject("stranger"), '{"instance":7}')
      control.publish(stateSubject("stranger"), '{"instance":"stranger","at":1,"partitions":[null]}')
      const whole = stateOf("stranger")
      const foul = [
        { ...whole, placement: "elsewhere" },
        { ...whole, partitions: [{ partition: 0, status: "running", reason: "" }] },
        { ...whole, partitions: {} },
        { ...whole, at: "soon" },
        { ...whole, pipeline: "x".repeat(5_000_000) },
        { ...whole, instance: "host-1", at: 9e15 }
      ]
      for (const one of foul) control.publish(stateSubject("stranger"), JSON.stringify(one))
      let rounds = 0
      yield* publishState("host-2", () => ({ ...stateOf("host-2"), at: ++rounds })).pipe(Effect.provide(context))
      yield* publishState("host-1", () => stateOf("host-1")).pipe(Effect.provide(context))
      const states = yield* waitUntil(
        Effect.sync(board.states),
        (found) => found.length === 2 && (found[1]?.at ?? 0) >= 2
      )
      assert.deepStrictEqual(
        states.map((state) => state.instance),
        ["host-1", "host-2"]
      )
      assert.notInclude(seen, "stranger")
      assert.strictEqual(states[0]?.at, 1)
    }).pipe(Effect.scoped)
  )
})
