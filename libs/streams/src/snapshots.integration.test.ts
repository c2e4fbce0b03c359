// Snapshots against a real nats-server: revisions, a lost race, sizes above the payload limit, damage.
import { randomBytes } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { type KV, Kvm } from "@nats-io/kv"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { natsServer } from "@tailrace/testing/nats-server"
import { Effect, Layer } from "effect"
import { Nats } from "./nats.ts"
import { makeSnapshots, type SnapshotsOptions } from "./snapshots.ts"

const setUp = Effect.fnUntraced(function* (options: SnapshotsOptions = {}) {
  const server = yield* natsServer()
  const context = yield* Layer.build(
    Nats.layer({ servers: server.url, name: "test" }).pipe(
      Layer.provideMerge(Layer.merge(Health.layer, Metrics.layerBare))
    )
  )
  const { control } = yield* Nats.pipe(Effect.provide(context))
  const bucket: KV = yield* Effect.promise(() => new Kvm(control).create("state", { history: 2 }))
  const open = makeSnapshots(options).pipe(Effect.provide(context))
  const keys = Effect.promise(async () => {
    const found: Array<string> = []
    for await (const key of await bucket.keys()) found.push(key)
    return found
  })
  return { bucket, open, keys, snapshots: yield* open }
})

const data = (text: string) => new TextEncoder().encode(text)

describe("Snapshots", () => {
  it.live("keeps a state with its offset and gives it back", () =>
    Effect.gen(function* () {
      const { snapshots } = yield* setUp()
      assert.isUndefined(yield* snapshots.get("window.0"))
      const first = yield* snapshots.put("window.0", { offset: 41, data: data("one") }, 0)
      const second = yield* snapshots.put("window.0", { offset: 42, data: data("two") }, first)
      const read = yield* snapshots.get("window.0")
      assert.strictEqual(read?.offset, 42)
      assert.strictEqual(read?.revision, second)
      assert.strictEqual(Buffer.from(read?.data ?? []).toString(), "two")
      assert.strictEqual(yield* snapshots.revision("window.0"), second)
    }).pipe(Effect.scoped)
  )

  it.live("lets only one of two writers win", () =>
    Effect.gen(function* () {
      const { open, snapshots } = yield* setUp()
      const other = yield* open
      const revision = yield* snapshots.put("window.0", { offset: 1, data: data("mine") }, 0)
      yield* other.put("window.0", { offset: 2, data: data("theirs") }, revision)
      const error = yield* Effect.flip(snapshots.put("window.0", { offset: 3, data: data("late") }, revision))
      assert.strictEqual(error.reason, "conflict")
      assert.strictEqual(
        (yield* Effect.flip(snapshots.put("window.0", { offset: 3, data: data("x") }, 0))).reason,
        "conflict"
      )
      assert.strictEqual((yield* snapshots.get("window.0"))?.offset, 2)
    }).pipe(Effect.scoped)
  )

  it.live("cuts what is larger than one message into chunks and drops those of older versions", () =>
    Effect.gen(function* () {
      const { keys, snapshots } = yield* setUp({ chunkBytes: 100_000 })
      const large = randomBytes(350_000)
      const first = yield* snapshots.put("window.0", { offset: 1, data: large }, 0)
      assert.strictEqual((yield* keys).length, 5)
      assert.isTrue(large.equals(Buffer.from((yield* snapshots.get("window.0"))?.data ?? [])))
      const larger = randomBytes(450_000)
      const second = yield* snapshots.put("window.0", { offset: 2, data: larger }, first)
      assert.isTrue(larger.equals(Buffer.from((yield* snapshots.get("window.0"))?.data ?? [])))
      assert.strictEqual((yield* keys).length, 6)
      yield* snapshots.put("window.0", { offset: 3, data: data("small") }, second)
      assert.deepStrictEqual(yield* keys, ["window.0"])
    }).pipe(Effect.scoped)
  )

  it.live("leaves the winner's chunks alone when a large write loses the race", () =>
    Effect.gen(function* () {
      const { keys, snapshots } = yield* setUp({ chunkBytes: 100_000 })
      const winner = randomBytes(150_000)
      yield* snapshots.put("window.0", { offset: 1, data: winner }, 0)
      yield* Effect.flip(snapshots.put("window.0", { offset: 2, data: randomBytes(150_000) }, 0))
      assert.isTrue(winner.equals(Buffer.from((yield* snapshots.get("window.0"))?.data ?? [])))
      assert.strictEqual((yield* keys).length, 3)
    }).pipe(Effect.scoped)
  )

  it.live("says corrupt for damaged, cut-off and foreign values, and can be written over", () =>
    Effect.gen(function* () {
      const { bucket, snapshots } = yield* setUp({ chunkBytes: 100_000 })
      yield* snapshots.put("window.0", { offset: 1, data: data("a state of some length".repeat(50)) }, 0)
      const entry = yield* Effect.promise(() => bucket.get("window.0"))
      const good = Buffer.from(entry?.value ?? [])
      const flipped = Buffer.from(good)
      flipped[good.length - 3] = (flipped[good.length - 3] as number) ^ 0xff
      for (const bad of [
        flipped,
        good.subarray(0, good.length - 5),
        good.subarray(0, 10),
        Buffer.from("hello"),
        Buffer.alloc(0)
      ]) {
        yield* Effect.promise(() => bucket.put("window.0", bad))
        assert.strictEqual((yield* Effect.flip(snapshots.get("window.0"))).reason, "corrupt")
      }
      const revision = yield* snapshots.revision("window.0")
      yield* snapshots.put("window.0", { offset: 2, data: data("rebuilt") }, revision)
      assert.strictEqual((yield* snapshots.get("window.0"))?.offset, 2)
    }).pipe(Effect.scoped)
  )

  it.live("says corrupt when a chunk is missing", () =>
    Effect.gen(function* () {
      const { bucket, keys, snapshots } = yield* setUp({ chunkBytes: 100_000 })
      yield* snapshots.put("window.0", { offset: 1, data: randomBytes(250_000) }, 0)
      const chunk = (yield* keys).find((key) => key.endsWith(".1")) ?? ""
      yield* Effect.promise(() => bucket.delete(chunk))
      const error = yield* Effect.flip(snapshots.get("window.0"))
      assert.strictEqual(error.reason, "corrupt")
      assert.include(error.message, "chunk 2 of 3")
    }).pipe(Effect.scoped)
  )
})
