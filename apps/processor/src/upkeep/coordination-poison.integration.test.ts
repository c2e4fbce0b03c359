// Poison in what processes agree by: every stream, bucket and subject of it holds what it must not, and records still end once.
import { assert, describe, it } from "@effect/vitest"
import type { NatsConnection } from "@nats-io/nats-core"
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { Nats } from "@tailrace/streams/nats"
import { encodeRecord, packSnapshot } from "@tailrace/streams/snapshot-codec"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect } from "effect"
import { countEverything, pipelineFile, publishNumbered, startWorld } from "../partition/placement.harness.ts"

const pipeline = `
name: poisoned
parse: { codec: json }
metrics: [{ type: count, name: all, size: 10s, lateness: 0s }]
batch: { maxRows: 400, minLinger: 5ms, maxLinger: 20ms }
snapshotEvery: 100ms
`
const start = Date.UTC(2026, 2, 1, 12)

const ahead = 10 ** 12
const cut = { first: 1, last: 9, attempt: 1, ingestedAt: start }
const announced = (cuts: object) => JSON.stringify({ owner: "somebody", cuts })

const snapshot = (offset: number, text: string): Uint8Array => {
  const data = encodeUtf8(text)
  const { checksum, compressed } = packSnapshot({ offset, data })
  return encodeRecord({ offset, rawLength: data.length, checksum, generation: "g", chunks: 0, body: compressed })
}

type Poison = (connection: NatsConnection) => Promise<unknown>

const message =
  (subject: string, payload: string | Uint8Array): Poison =>
  (connection) =>
    connection.request(subject, payload)
/** A value of the bucket of snapshots. */
const value = (key: string, bytes: Uint8Array): Poison => message(`$KV.state.${key}`, bytes)

const windows = "windows.poisoned.0"
const noted = "pipeline.0"

/**
 * By what is poisoned, how; the nth of each at once, because a pipeline that fails again and again waits longer each time.
 * What the announcement holds makes the pipeline begin a new life, which reads the others.
 */
const poisons: Readonly<Record<string, ReadonlyArray<readonly [string, Poison]>>> = {
  windows: [
    ["garbage", value(windows, Uint8Array.of(1, 2, 3))],
    ["empty", value(windows, new Uint8Array(0))],
    ["wrong shape", value(windows, snapshot(3, '{"version":1,"state":7}'))],
    ["ahead", value(windows, snapshot(ahead, "{}"))],
    ["no offset", value(windows, snapshot(Number.NaN, "{}"))],
    ["unknown version", value(windows, snapshot(3, '{"version":2}'))]
  ],
  pipeline: [
    ["garbage", value(noted, Uint8Array.of(9))],
    ["wrong shape", value(noted, snapshot(0, ": : :"))],
    ["level ahead", value(noted, snapshot(ahead, pipeline))],
    ["level without a number", value(noted, snapshot(Number.POSITIVE_INFINITY, pipeline))],
    ["level behind", value(noted, snapshot(1, pipeline))]
  ],
  lease: [
    ["garbage", message("owners.lease.0", "\u0000")],
    ["huge", message("owners.lease.0", "x".repeat(500_000))],
    ["empty", message("owners.lease.0", "")]
  ],
  announcement: [
    ["garbage", message("owners.cut.0", "\u0000\u0001 not json")],
    ["empty", message("owners.cut.0", "")],
    ["wrong shape", message("owners.cut.0", '{"owner":7,"cuts":[]}')],
    ["old", message("owners.cut.0", announced({ rows: { ...cut, last: 1 }, ledger: { ...cut, last: 1 } }))],
    ["sequence far ahead", message("owners.cut.0", announced({ rows: { ...cut, last: ahead } }))],
    [
      "years ahead, and huge",
      message("owners.cut.0", announced({ rows: { ...cut, ingestedAt: 4e12, x: "x".repeat(1e6) } }))
    ]
  ]
}
const rounds = Math.max(...Object.values(poisons).map(({ length }) => length))

describe("poison in what processes agree by", { retry: 0 }, () => {
  it.live("costs a moment: each record is stored once, whatever was written over what the pipeline reads", () =>
    Effect.gen(function* () {
      const world = yield* startWorld
      const { context } = world
      const { control } = yield* Nats.pipe(Effect.provide(context))
      yield* world.startProcessor({ placement: "fused", pipeline: yield* pipelineFile(pipeline) })
      let sent = 0
      const more = Effect.suspend(() => {
        sent += 20
        return publishNumbered({ from: sent - 20, to: sent, perFrame: 10, start, stepMillis: 1 })
      })
      const allStored = waitUntil(countEverything, (now) => now.rows >= sent && now.received >= sent)
      const round = Effect.provide(Effect.andThen(more, allStored), context)
      yield* round
      const stuck: Array<string> = []
      for (let n = 0; n < rounds; n++) {
        const now = Object.entries(poisons).flatMap(([what, of]) =>
          of.slice(n, n + 1).map(([how, act]) => ({ what, how, act }))
        )
        for (const { act } of now) yield* Effect.promise(() => act(control))
        const outcome = yield* Effect.exit(Effect.timeout(round, "30 seconds"))
        if (outcome._tag === "Failure") stuck.push(...now.map(({ how, what }) => `${what}: ${how}`))
        if (stuck.length > 0) break
      }
      assert.deepStrictEqual(stuck, [])
      const counts = yield* Effect.provide(countEverything, context)
      assert.deepInclude(counts, { rows: sent, numbers: sent, rollup: sent, received: sent, stored: sent })
    }).pipe(Effect.scoped)
  )

  it.live("is passed over between the stages of staged placement", () =>
    Effect.gen(function* () {
      const world = yield* startWorld
      const { context } = world
      const { control } = yield* Nats.pipe(Effect.provide(context))
      yield* world.startProcessor({ placement: "staged", pipeline: yield* pipelineFile(pipeline) })
      let sent = 0
      const round = Effect.suspend(() => {
        sent += 20
        return publishNumbered({ from: sent - 20, to: sent, perFrame: 10, start, stepMillis: 1 })
      }).pipe(
        Effect.andThen(waitUntil(countEverything, (now) => now.rows >= sent && now.received >= sent)),
        Effect.provide(context)
      )
      yield* round
      for (const stage of ["parsed", "filtered", "enriched"])
        for (const text of ["", "garbage", "x".repeat(500_000)])
          yield* Effect.promise(() => control.request(`logs.${stage}.0`, text))
      yield* round
      yield* round
      const counts = yield* Effect.provide(countEverything, context)
      assert.deepInclude(counts, { rows: sent, numbers: sent, rollup: sent, received: sent, stored: sent })
    }).pipe(Effect.scoped)
  )
})
