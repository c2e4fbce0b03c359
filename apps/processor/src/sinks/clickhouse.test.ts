// Tests of the clickhouse sink against a store that fails in the ways a real one does.
// @effect-diagnostics strictEffectProvide:off -- a test is an entry point
import { Readable } from "node:stream"
import { it } from "@effect/vitest"
import { LogBatch } from "@tailrace/domain/log-batch"
import { Store } from "@tailrace/store/store"
import type { Cut } from "@tailrace/streams/announced"
import { OwnershipError } from "@tailrace/streams/lease"
import { Nats } from "@tailrace/streams/nats"
import { Clock, Effect, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect } from "vitest"
import { Breaker } from "../outputs/breaker.ts"
import type { SinkContext } from "../outputs/sink.ts"
import type { SinkPolicy } from "../outputs/sink-policy.ts"
import { clickhouse } from "./clickhouse.ts"

interface Inserted {
  readonly table: string
  readonly token: string
}

/** A store in memory: what was inserted under which token, and the newest stored batch of each table. */
const makeStore = () => {
  const world = {
    inserts: [] as Array<Inserted>,
    /** Answers of the next inserts: "fail" stores nothing, "lose" says yes and stores nothing, else it is stored. */
    answers: [] as Array<"ok" | "fail" | "lose">,
    newest: { logs: undefined, ledger: undefined } as Record<
      string,
      { attempt: number; at: number; first: number; last: number } | undefined
    >
  }
  const insert = (table: string, token: string) => {
    world.inserts.push({ table, token })
    const answer = world.answers.shift() ?? "ok"
    if (answer === "fail") throw new Error("socket hang up")
    if (answer === "lose") return
    const [first, last, attempt] = token.replace("ledger-", "").split("-").slice(1).map(Number) as [
      number,
      number,
      number
    ]
    world.newest[table] = { first, last, attempt, at: lastClock }
  }
  let lastClock = 0
  const client = {
    exec: async ({ clickhouse_settings }: { clickhouse_settings: { insert_deduplication_token: string } }) => {
      insert("logs", clickhouse_settings.insert_deduplication_token)
      return { stream: Readable.from([]), response_headers: {} }
    },
    insert: async ({
      table,
      clickhouse_settings
    }: {
      table: string
      clickhouse_settings: { insert_deduplication_token: string }
    }) => insert(table, clickhouse_settings.insert_deduplication_token),
    query: async ({ query, query_params }: { query: string; query_params?: { at?: number } }) => ({
      json: async () => {
        if (query.includes("system.processes")) return [{ running: "0" }]
        if (query.includes("split_frames")) return []
        const table = query.includes("FROM logs") ? "logs" : "ledger"
        const row = world.newest[table]
        if (row === undefined) return query.includes("max(ingested_at)") ? [{ at: "0" }] : []
        if (query.includes("max(ingested_at)")) return [{ at: String(row.at) }]
        const { at, attempt, first, last } = row
        if (query.includes("ingested_at = ") && at !== query_params?.at) return []
        return [{ first_sequence: `${first}`, last_sequence: `${last}`, ingested_at: `${at}`, attempt, rows: "1" }]
      }
    })
  }
  const services = Layer.mergeAll(
    Layer.succeed(Store, { client, database: "d", createDatabase: Effect.void } as never),
    Layer.succeed(Nats, {} as never)
  )
  const setClock = (millis: number) => {
    lastClock = millis
  }
  return { world, services, setClock }
}

const batchOf = (sequence: number) => {
  const batch = LogBatch.make({ partition: 2 })
  batch.beginFrame({ sequence, tenant: "t", source: "s", receivedMillis: 0 })
  batch.appendRecord({ body: "x" })
  return batch
}

const openWith = Effect.fnUntraced(function* (ownership: SinkContext["ownership"]) {
  const clock = yield* Clock.Clock
  const config = yield* Schema.decodeEffect(clickhouse.config)({ type: "clickhouse" })
  const sink = yield* clickhouse.make(config)
  const policy = sink.policy as SinkPolicy
  const now = () => clock.currentTimeMillisUnsafe()
  const breaker = new Breaker({ name: "clickhouse", policy, now, elapsed: now, random: () => 0.5 })
  const office = { take: () => Effect.die("nothing is refused here") }
  const { slow, ...open } = yield* sink.open({ partition: 2, breaker, office, ownership })
  if (slow === undefined) return yield* Effect.die("the sink has no ledger")
  return { ...open, ledger: slow }
})

const openSink = openWith({ left: {}, announce: () => Effect.void, confirm: Effect.void })

/** Runs an effect while the test clock goes on, a second whenever real promises have had their turn. */
const whileTimePasses = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))
  return Effect.raceFirst(effect, Effect.forever(Effect.andThen(turn, TestClock.adjust("1 second"))))
}

describe("clickhouse", () => {
  it.effect("names an insert by partition, first and last stored sequence, and attempt", () => {
    const { services, world } = makeStore()
    return Effect.gen(function* () {
      yield* TestClock.setTime(5_000)
      const sink = yield* openSink
      yield* sink.write(batchOf(9))
      yield* sink.ledger.flush
      expect(world.inserts).toEqual([
        { table: "logs", token: "2-9-9-5" },
        { table: "ledger", token: "ledger-2-9-9-5" }
      ])
    }).pipe(Effect.provide(services), Effect.scoped)
  })

  it.effect("writes the account of many batches at once, and says how far it then reaches", () => {
    const { services, world } = makeStore()
    return Effect.gen(function* () {
      yield* TestClock.setTime(5_000)
      const sink = yield* openSink
      for (const sequence of [9, 10, 12]) yield* sink.write(batchOf(sequence))
      expect(yield* sink.ledger.flush).toBe(12)
      expect(yield* sink.ledger.flush).toBe(undefined)
      const tokens = world.inserts.filter(({ table }) => table === "ledger").map(({ token }) => token)
      expect(tokens).toEqual(["ledger-2-9-12-5"])
    }).pipe(Effect.provide(services), Effect.scoped)
  })

  it.effect("does not account again for what an earlier life has accounted for", () => {
    const { services, world } = makeStore()
    return Effect.gen(function* () {
      yield* TestClock.setTime(5_000)
      world.newest.ledger = { attempt: 3, at: 4_000, first: 1, last: 10 }
      const sink = yield* openSink
      expect(sink.ledger.offset).toBe(10)
      for (const sequence of [9, 10, 12]) yield* sink.write(batchOf(sequence))
      expect(yield* sink.ledger.flush).toBe(12)
      expect(world.inserts.at(-1)).toEqual({ table: "ledger", token: "ledger-2-12-12-5" })
    }).pipe(Effect.provide(services), Effect.scoped)
  })

  it.effect("repeats a failed insert under the same token", () => {
    const { services, setClock, world } = makeStore()
    return Effect.gen(function* () {
      yield* TestClock.setTime(5_000)
      setClock(5_000)
      const sink = yield* openSink
      world.answers = ["fail"]
      yield* whileTimePasses(sink.write(batchOf(9)))
      expect(world.inserts.map(({ token }) => token)).toEqual(["2-9-9-5", "2-9-9-5"])
    }).pipe(Effect.provide(services), Effect.scoped)
  })

  it.effect("inserts under a new attempt when a repeated insert was answered yes but the rows are not there", () => {
    const { services, setClock, world } = makeStore()
    return Effect.gen(function* () {
      yield* TestClock.setTime(5_000)
      setClock(5_000)
      const sink = yield* openSink
      world.answers = ["fail", "lose"]
      yield* whileTimePasses(sink.write(batchOf(9)))
      expect(world.inserts.map(({ token }) => token)).toEqual(["2-9-9-5", "2-9-9-5", "2-9-9-6"])
    }).pipe(Effect.provide(services), Effect.scoped)
  })

  it.effect("stores only the account of a batch of which nothing is kept", () => {
    const { services, world } = makeStore()
    return Effect.gen(function* () {
      yield* TestClock.setTime(5_000)
      const sink = yield* openSink
      const batch = batchOf(9)
      batch.drop(0, "noise")
      yield* sink.write(batch)
      yield* sink.ledger.flush
      expect(world.inserts.map(({ table }) => table)).toEqual(["ledger"])
    }).pipe(Effect.provide(services), Effect.scoped)
  })

  it.effect("announces each insert before it is made", () => {
    const { services, world } = makeStore()
    const announced: Array<unknown> = []
    const announce = (output: string, cut: Cut) =>
      Effect.sync(() => {
        announced.push({ output, ...cut, inserts: world.inserts.length })
      })
    return Effect.gen(function* () {
      yield* TestClock.setTime(5_000)
      const sink = yield* openWith({ left: {}, announce, confirm: Effect.void })
      yield* sink.write(batchOf(9))
      yield* sink.ledger.flush
      expect(announced).toEqual([
        { output: "rows", first: 9, last: 9, attempt: 5, ingestedAt: 5_000, inserts: 0 },
        { output: "ledger", first: 9, last: 9, attempt: 5, ingestedAt: 5_000, inserts: 1 }
      ])
    }).pipe(Effect.provide(services), Effect.scoped)
  })

  it.effect("inserts nothing when another process has taken over", () => {
    const { services, world } = makeStore()
    const gone = new OwnershipError({ reason: "superseded", message: "taken over" })
    return Effect.gen(function* () {
      const sink = yield* openWith({ left: {}, announce: () => gone, confirm: gone })
      expect(yield* Effect.flip(sink.write(batchOf(9)))).toBe(gone)
      expect(world.inserts).toEqual([])
    }).pipe(Effect.provide(services), Effect.scoped)
  })

  it.effect("does not repeat a failed insert when another process has taken over meanwhile", () => {
    const { services, world } = makeStore()
    const gone = new OwnershipError({ reason: "superseded", message: "taken over" })
    return Effect.gen(function* () {
      const sink = yield* openWith({ left: {}, announce: () => Effect.void, confirm: gone })
      world.answers = ["fail"]
      expect(yield* whileTimePasses(Effect.flip(sink.write(batchOf(9))))).toBe(gone)
      expect(world.inserts).toHaveLength(1)
    }).pipe(Effect.provide(services), Effect.scoped)
  })

  const left = { first: 9, last: 9, attempt: 3, ingestedAt: 4_500 }

  it.effect("makes the insert an earlier owner left under its own token, and makes sure that it is stored", () => {
    const { services, setClock, world } = makeStore()
    return Effect.gen(function* () {
      yield* TestClock.setTime(5_000)
      setClock(left.ingestedAt)
      const sink = yield* openWith({
        left: { rows: left, ledger: left },
        announce: () => Effect.void,
        confirm: Effect.void
      })
      expect(sink.repeats).toEqual([left, left])
      yield* sink.write(batchOf(9))
      expect(world.inserts).toEqual([
        { table: "logs", token: "2-9-9-3" },
        { table: "ledger", token: "ledger-2-9-9-3" }
      ])
      expect(yield* sink.ledger.flush).toBe(9)
      yield* sink.write(batchOf(10))
      expect(world.inserts.at(-1)).toEqual({ table: "logs", token: "2-10-10-5" })
    }).pipe(Effect.provide(services), Effect.scoped)
  })

  it.effect("inserts under a new attempt what was left when its token is logged without its part", () => {
    const { services, setClock, world } = makeStore()
    return Effect.gen(function* () {
      yield* TestClock.setTime(5_000)
      setClock(left.ingestedAt)
      const sink = yield* openWith({ left: { rows: left }, announce: () => Effect.void, confirm: Effect.void })
      world.answers = ["lose"]
      yield* whileTimePasses(sink.write(batchOf(9)))
      expect(world.inserts.map(({ token }) => token)).toEqual(["2-9-9-3", "2-9-9-6"])
    }).pipe(Effect.provide(services), Effect.scoped)
  })

  it.effect("skips what was left and is stored, to the end of its range", () => {
    const { services, world } = makeStore()
    return Effect.gen(function* () {
      world.newest.ledger = { attempt: 3, at: left.ingestedAt, first: 5, last: 7 }
      const sink = yield* openWith({
        left: { ledger: { ...left, first: 5 } },
        announce: () => Effect.void,
        confirm: Effect.void
      })
      expect(sink.repeats).toEqual([])
      expect(sink.ledger.offset).toBe(9)
    }).pipe(Effect.provide(services), Effect.scoped)
  })

  it.effect("does not close the account of what was left before its end", () => {
    const { services, world } = makeStore()
    return Effect.gen(function* () {
      yield* TestClock.setTime(5_000)
      const sink = yield* openWith({
        left: { ledger: { ...left, last: 11 } },
        announce: () => Effect.void,
        confirm: Effect.void
      })
      const tokens = () => world.inserts.filter(({ table }) => table === "ledger").map(({ token }) => token)
      yield* sink.write(batchOf(9))
      expect(yield* sink.ledger.flush).toBe(undefined)
      expect(tokens()).toEqual([])
      yield* whileTimePasses(sink.write(batchOf(11)))
      expect(tokens()[0]).toBe("ledger-2-9-11-3")
    }).pipe(Effect.provide(services), Effect.scoped)
  })
})
