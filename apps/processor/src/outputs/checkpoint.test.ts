// Tests of the checkpoint: what is written in which order, and what a crash between any two writes leaves.
// @effect-diagnostics strictEffectProvide:off -- a test is an entry point
import { it } from "@effect/vitest"
import type { Pane } from "@tailrace/domain/pane"
import type { Watch } from "@tailrace/pipeline/stage"
import { Store } from "@tailrace/store/store"
import { Publisher } from "@tailrace/streams/publisher"
import { SnapshotError, type SnapshotsShape, type StoredSnapshot } from "@tailrace/streams/snapshots"
import { Effect, Layer } from "effect"
import { describe, expect } from "vitest"
import { Checkpoint } from "./checkpoint.ts"
import { ofStore } from "./sink-error.ts"

const pane = (windowStart: number): Pane => ({
  partition: 0,
  sequence: 7,
  tenant: "t",
  metric: "m",
  type: "count",
  windowStart,
  windowEnd: windowStart + 10,
  key: {},
  value: 1,
  count: 1,
  quantiles: {},
  revision: 0
})

/** Broker and store in memory; `crashAt` names the write before which the process dies. */
const makeWorld = () => {
  const log: Array<string> = []
  const stored: Array<number> = []
  const world = { log, stored, crashAt: "", kept: undefined as StoredSnapshot | undefined }
  const step = (name: string) =>
    Effect.suspend(() => {
      if (world.crashAt === name) return Effect.interrupt
      log.push(name)
      return Effect.void
    })
  const snapshots: SnapshotsShape = {
    get: () => Effect.sync(() => world.kept),
    revision: () => Effect.sync(() => world.kept?.revision ?? 0),
    put: (_, snapshot, revision) =>
      Effect.suspend(() => {
        if (revision !== (world.kept?.revision ?? 0)) {
          return Effect.fail(new SnapshotError({ reason: "conflict", message: "written by somebody else" }))
        }
        return Effect.as(step("snapshot"), revision + 1)
      }).pipe(Effect.tap((next) => Effect.sync(() => (world.kept = { ...snapshot, revision: next }))))
  }
  const client = {
    insert: async ({ table, values }: { table: string; values: ReadonlyArray<{ window_start: string }> }) => {
      log.push(table)
      if (table === "panes") stored.push(...values.map((row) => Date.parse(row.window_start)))
    }
  }
  const services = Layer.mergeAll(
    Layer.succeed(Store, { client, database: "d", createDatabase: Effect.void } as never),
    Layer.succeed(Publisher, {
      publish: (subject) => Effect.as(step(subject), { stream: "panes", sequence: 1, duplicate: false }),
      inFlightBytes: 0
    })
  )
  return { world, snapshots, services, step }
}

const makeWatch = (panes: Array<Pane>) => {
  let state = "fresh"
  const watch: Watch = {
    active: true,
    observe: () => undefined,
    tick: () => undefined,
    finish: () => undefined,
    hasFindings: () => panes.length > 0,
    takeFindings: () => ({ panes: panes.splice(0), anomalies: [] }),
    save: () => ({ windows: { newest: null, metrics: {} }, detectors: {}, text: state }),
    load: (saved, sequence) => {
      const { text } = saved as { readonly text: string }
      if (text === "poison") throw new TypeError("no such window")
      state = `${text} behind ${sequence}`
    },
    missed: () => []
  }
  return { watch, state: () => state }
}

const checkpointOn = (place: ReturnType<typeof makeWorld>, watch: Watch) =>
  new Checkpoint({
    pipeline: "p",
    partition: 0,
    watch,
    snapshots: place.snapshots,
    level: 0,
    endFor: () => Effect.succeed(100),
    untilStored: (write) => Effect.andThen(place.step("store"), Effect.mapError(write, ofStore)),
    now: () => 1_000
  })

describe("Checkpoint", () => {
  it.effect("stores findings only behind the snapshot that holds them", () =>
    Effect.gen(function* () {
      const place = makeWorld()
      const checkpoint = checkpointOn(place, makeWatch([pane(0)]).watch)
      yield* Effect.provide(Effect.andThen(checkpoint.open, checkpoint.save(7)), place.services)
      expect(place.world.log).toEqual(["snapshot", "store", "panes", "store", "logs.panes.t.m"])
      expect(checkpoint.offset).toBe(7)
      expect(checkpoint.isDue(7)).toBe(false)
      expect(checkpoint.isDue(8)).toBe(true)
    })
  )

  it.effect("leaves nothing behind when it dies before the snapshot", () =>
    Effect.gen(function* () {
      const place = makeWorld()
      place.world.crashAt = "snapshot"
      const checkpoint = checkpointOn(place, makeWatch([pane(0)]).watch)
      yield* Effect.exit(Effect.provide(checkpoint.save(7), place.services))
      expect(place.world.stored).toEqual([])
      expect(place.world.kept).toBeUndefined()
    })
  )

  it.effect("stores the findings of the last snapshot when it died before storing them, and goes on behind it", () =>
    Effect.gen(function* () {
      const place = makeWorld()
      place.world.crashAt = "store"
      const first = checkpointOn(place, makeWatch([pane(0), pane(10)]).watch)
      yield* Effect.exit(Effect.provide(first.save(7), place.services))
      expect(place.world.stored).toEqual([])
      place.world.crashAt = ""
      const next = makeWatch([])
      const second = checkpointOn(place, next.watch)
      yield* Effect.provide(second.open, place.services)
      expect(place.world.stored).toEqual([0, 10])
      expect(second.offset).toBe(7)
      expect(next.state()).toBe("fresh behind 7")
    })
  )

  it.effect("fails when another process has written the snapshot meanwhile, and stores nothing", () =>
    Effect.gen(function* () {
      const place = makeWorld()
      const zombie = checkpointOn(place, makeWatch([pane(0)]).watch)
      yield* Effect.provide(zombie.open, place.services)
      const owner = checkpointOn(place, makeWatch([]).watch)
      yield* Effect.provide(owner.open, place.services)
      yield* Effect.provide(owner.save(9), place.services)
      const error = yield* Effect.flip(Effect.provide(zombie.save(7), place.services))
      expect(error.message).toContain("somebody else")
      expect(place.world.stored).toEqual([])
    })
  )

  it.effect("starts anew when the snapshot is corrupt, and replaces it", () =>
    Effect.gen(function* () {
      const place = makeWorld()
      place.world.kept = { offset: 3, data: new Uint8Array(0), revision: 5 }
      const corrupt = new SnapshotError({ reason: "corrupt", message: "its checksum does not match" })
      const snapshots = { ...place.snapshots, get: () => Effect.fail(corrupt) }
      const checkpoint = checkpointOn({ ...place, snapshots }, makeWatch([]).watch)
      yield* Effect.provide(checkpoint.open, place.services)
      expect(checkpoint.offset).toBe(0)
      yield* Effect.provide(checkpoint.save(8), place.services)
      expect(place.world.kept?.revision).toBe(6)
    })
  )

  const state = { windows: { newest: null, metrics: {} }, detectors: {}, text: "saved" }
  const outbox = { panes: [], anomalies: [] }
  const metric = { signature: "s", lastClosed: null, windows: [] }
  const inDays = 1_000 + 3 * 86_400_000
  it.effect.each<[string, unknown, number]>([
    ["no json", undefined, 3],
    ["null", null, 3],
    ["another version", { version: 2, state, outbox }, 3],
    ["no state", { version: 1, outbox }, 3],
    ["windows of the wrong shape", { version: 1, state: { ...state, windows: [] }, outbox }, 3],
    [
      "a metric of the wrong shape",
      { version: 1, state: { ...state, windows: { newest: null, metrics: { a: { ...metric, windows: 7 } } } }, outbox },
      3
    ],
    [
      "an event time of days ahead",
      { version: 1, state: { ...state, windows: { newest: inDays, metrics: {} } }, outbox },
      3
    ],
    ["no outbox", { version: 1, state }, 3],
    ["a finding that is none", { version: 1, state, outbox: { panes: [{ tenant: 7 }], anomalies: [] } }, 3],
    ["an offset behind the raw stream's end", { version: 1, state, outbox }, 101]
  ])("starts anew over %s", ([, saved, offset]) =>
    Effect.gen(function* () {
      const place = makeWorld()
      const data = new TextEncoder().encode(saved === undefined ? "\u0000{" : JSON.stringify(saved))
      place.world.kept = { offset, data, revision: 5 }
      const { state: loaded, watch } = makeWatch([])
      const checkpoint = checkpointOn(place, watch)
      yield* Effect.provide(checkpoint.open, place.services)
      expect(loaded()).toBe("fresh")
      expect(checkpoint.offset).toBe(0)
      yield* Effect.provide(checkpoint.save(8), place.services)
      expect(place.world.kept?.revision).toBe(6)
    })
  )

  it.effect("puts away a snapshot that the windows fail over, so that the life after begins without", () =>
    Effect.gen(function* () {
      const place = makeWorld()
      const saved = { version: 1, state: { ...state, text: "poison" }, outbox }
      place.world.kept = { offset: 3, data: new TextEncoder().encode(JSON.stringify(saved)), revision: 5 }
      const failed = yield* Effect.flip(Effect.provide(checkpointOn(place, makeWatch([]).watch).open, place.services))
      expect(failed.message).toContain("no such window")
      const after = checkpointOn(place, makeWatch([]).watch)
      yield* Effect.provide(after.open, place.services)
      expect(after.offset).toBe(0)
    })
  )
})
