// Looks at the raw stream of a real nats-server: which ids it holds beyond its duplicate window, and how far pipelines lag.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { connectedBroker } from "./broker.harness.ts"
import { durableOf, streamDefinitions } from "./definitions.ts"
import { ensureDurable } from "./durable.ts"
import { LagProbe } from "./raw-lag.ts"
import { storedIds } from "./stored-ids.ts"

const start = Effect.gen(function* () {
  const { server, control, publisher, manager } = yield* connectedBroker()
  const raw = streamDefinitions(2).find(({ name }) => name === "raw")
  assert.isDefined(raw)
  // A window so short that it never helps.
  yield* Effect.promise(() => manager.streams.add({ ...raw, max_bytes: 4_194_304, duplicate_window: 100_000_000 }))
  const put = (source: string, id: string, bytes = 100) =>
    publisher.publish(`logs.in.t.${source}`, new Uint8Array(bytes), { id })
  return { server, control, manager, put }
})

describe("storedIds", () => {
  it.live("finds what lies behind a sequence, of the subjects asked for, however old", () =>
    Effect.gen(function* () {
      const { control, manager, put } = yield* start
      for (let i = 0; i < 1_500; i++) yield* put(i % 2 === 0 ? "a" : "b", `m${i}`)
      const ask = (after: number, ids: ReadonlyArray<string>, subjects = ["a", "b"]) =>
        Effect.promise(() =>
          storedIds(control, {
            subjects: new Set(subjects.map((source) => `logs.in.t.${source}`)),
            ids: new Set(ids),
            after
          })
        )
      assert.deepStrictEqual([...(yield* ask(0, ["m0", "m1499", "other"]))], ["m0", "m1499"])
      assert.deepStrictEqual([...(yield* ask(1, ["m0", "m1"]))], ["m1"])
      assert.deepStrictEqual([...(yield* ask(0, ["m0", "m1"], ["b"]))], ["m1"])
      assert.deepStrictEqual([...(yield* ask(1_500, ["m0", "m1499"]))], [])
      // The stream was lost and made anew: its sequences tell nothing.
      assert.deepStrictEqual([...(yield* ask(9_000, ["m7"]))], ["m7"])
      const { state } = yield* Effect.promise(() => manager.streams.info("raw"))
      assert.strictEqual(state.consumer_count, 0)
    }).pipe(Effect.scoped)
  )

  it.live("fails while the broker is away", () =>
    Effect.gen(function* () {
      const { control, put, server } = yield* start
      yield* put("a", "m0")
      yield* Effect.promise(() => server.kill())
      const query = { subjects: new Set(["logs.in.t.a"]), ids: new Set(["m0"]), after: 0 }
      const failed = yield* Effect.promise(() =>
        storedIds(control, query).then(
          () => false,
          () => true
        )
      )
      assert.isTrue(failed)
    }).pipe(Effect.scoped)
  )
})

describe("LagProbe", () => {
  it.live("counts what the pipelines have not acknowledged, and nobody else's reading", () =>
    Effect.gen(function* () {
      const { control, manager, put } = yield* start
      const probe = new LagProbe(control)
      const look = (now: number) => Effect.promise(() => probe.look(now))
      for (const partition of [0, 1]) yield* ensureDurable(manager, durableOf("raw", partition))
      yield* Effect.promise(() => manager.consumers.add("raw", { durable_name: "somebody", ack_policy: "explicit" }))
      assert.deepInclude(yield* look(0), { messages: 0, bytes: 0, millis: 0 })
      for (let i = 0; i < 20; i++) yield* put(`s${i}`, `m${i}`, 1_000)
      const behind = yield* look(1_000)
      assert.deepInclude(behind, { messages: 20, millis: 0, sequence: 20 })
      assert.isAbove(behind.bytes, 20_000)
      assert.isBelow(behind.freeBytes, 4_194_304 - 20_000)
      assert.strictEqual((yield* look(5_000)).millis, 4_000)
    }).pipe(Effect.scoped)
  )
})
