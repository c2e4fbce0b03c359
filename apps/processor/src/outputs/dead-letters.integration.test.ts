// Dead letters end to end in the processor: refused records are set aside with their bytes, the others are stored once.
import { assert, describe, it } from "@effect/vitest"
import { readDeadLetters } from "@tailrace/store/read/dead-letters"
import { readLedger } from "@tailrace/store/read/ledger"
import { command } from "@tailrace/store/store"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Context, Effect } from "effect"
import { Processor } from "../layer.ts"
import {
  countEverything,
  countsOnce,
  pipelineFile,
  publishNumbered,
  startWorld
} from "../partition/placement.harness.ts"

const pipeline = `
name: picky
parse: { codec: json }
filter: [{ type: drop, name: noise, when: "level:debug" }]
batch: { maxRows: 400, minLinger: 5ms, maxLinger: 20ms }
`
const start = Math.floor(Date.now() / 1000 - 3_600) * 1000

const constrain = (condition: string) =>
  command("constrain", `ALTER TABLE logs ADD CONSTRAINT picky CHECK ${condition}`)

describe.each(["fused", "staged"] as const)("refused records, %s", { retry: 0 }, (placement) => {
  it.live("become dead letters with the bytes they came in as, and the ledger adds up", () =>
    Effect.gen(function* () {
      const world = yield* startWorld
      const file = yield* pipelineFile(pipeline)
      const inWorld = Effect.provide(world.context)
      yield* inWorld(constrain("toUInt32OrZero(attributes['number']) % 97 != 5"))
      const built = yield* world.startProcessor({ placement, pipeline: file })
      const level = (number: number) => (number % 7 === 0 ? "debug" : "info")
      yield* inWorld(publishNumbered({ from: 0, to: 1_000, perFrame: 50, start, stepMillis: 20, level }))
      const counts = inWorld(countEverything)
      const after = yield* countsOnce(counts, (now) => now.received === 1_000)
      const refused = [5, 102, 199, 296, 393, 490, 587, 684, 781, 878, 975].filter((number) => number % 7 !== 0)
      const kept = 1_000 - 143 - refused.length
      assert.deepInclude(after, { rows: kept, numbers: kept, rollup: kept, stored: kept, dropped: 143 })
      const letters = yield* inWorld(readDeadLetters({ tenant: undefined, first: 100, mostBytes: 10_000 }))
      const numbers = letters.map(({ payload }) => JSON.parse(Buffer.from(payload).toString()).number)
      assert.sameMembers(numbers, refused)
      for (const letter of letters) {
        const { number } = JSON.parse(Buffer.from(letter.payload).toString())
        assert.deepInclude(letter, {
          ...{
            stage: "sink",
            reason: "refused: VIOLATED_CONSTRAINT",
            source: "numbered",
            records: 1,
            state: "waiting"
          },
          row: number % 50
        })
        assert.deepInclude(letter.headers, { "Tailrace-Codec": "json", "Tailrace-Layout": "single" })
        assert.strictEqual(Number(letter.headers["Tailrace-Received-At"]), start + (number - (number % 50)) * 20)
        assert.include(letter.detail, "picky")
        assert.match(letter.pipelineVersion, /^picky@[0-9a-f]{8}$/)
      }
      const ledger = yield* inWorld(readLedger({ tenant: undefined }))
      const rejected = ledger.reduce((sum, line) => sum + (line.rejectedBy["refused: VIOLATED_CONSTRAINT"] ?? 0), 0)
      assert.strictEqual(rejected, refused.length)
      assert.isTrue(ledger.every(({ balance }) => balance === 0))
      const state = yield* Context.get(built, Processor).state
      assert.deepInclude(state.partitions[0], { status: "running", restarts: 0 })
      const sink = yield* waitUntil(
        Effect.map(Context.get(built, Processor).state, ({ partitions }) =>
          partitions[0]?.stages.find(({ name }) => name === "sink")
        ),
        (seen) => seen?.rejected === refused.length
      )
      assert.strictEqual(sink?.recordsOut, kept)
    }).pipe(Effect.scoped)
  )
})

describe("a view that somebody added", { retry: 0 }, () => {
  it.live("may fail over records: they are stored and counted once all the same, also over a restart", () =>
    Effect.gen(function* () {
      const world = yield* startWorld
      const file = yield* pipelineFile(pipeline)
      const inWorld = Effect.provide(world.context)
      yield* inWorld(command("target", "CREATE TABLE numbers (n UInt32) ENGINE = MergeTree ORDER BY n"))
      yield* inWorld(
        command(
          "view",
          "CREATE MATERIALIZED VIEW numbers_view TO numbers AS SELECT throwIf(attributes['number'] = '33') AS n FROM logs"
        )
      )
      const counts = inWorld(countEverything)
      const publish = (from: number, to: number) =>
        inWorld(publishNumbered({ from, to, perFrame: 20, start, stepMillis: 20 }))
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* world.startProcessor({ placement: "fused", pipeline: file })
          yield* publish(0, 40)
          yield* waitUntil(counts, (now) => now.received === 40)
        })
      )
      yield* world.startProcessor({ placement: "fused", pipeline: file })
      yield* publish(40, 80)
      const after = yield* countsOnce(counts, (now) => now.received === 80)
      assert.deepInclude(after, { rows: 80, numbers: 80, rollup: 80, stored: 80 })
      assert.deepEqual(yield* inWorld(readDeadLetters({ tenant: undefined, first: 1, mostBytes: 0 })), [])
    }).pipe(Effect.scoped)
  )
})

describe("a store that refuses everything", { retry: 0 }, () => {
  it.live("is not believed: the batch is held, the breaker opens, and nothing is lost once it is mended", () =>
    Effect.gen(function* () {
      const world = yield* startWorld
      const file = yield* pipelineFile(
        `${pipeline}sinks: [{ type: clickhouse, breaker: { open: 100ms, longest: 200ms }, deadLetters: { perBatch: 3 } }]\n`
      )
      const inWorld = Effect.provide(world.context)
      yield* inWorld(constrain("attributes['number'] = ''"))
      const built = yield* world.startProcessor({ placement: "fused", pipeline: file })
      const { state } = Context.get(built, Processor)
      yield* inWorld(publishNumbered({ from: 0, to: 40, perFrame: 40, start, stepMillis: 20 }))
      const held = yield* waitUntil(state, ({ partitions }) => partitions[0]?.status === "holding")
      assert.include(held.partitions[0]?.reason ?? "", "picky")
      const sink = held.partitions[0]?.sinks.find(({ name }) => name === "clickhouse")
      assert.strictEqual(sink?.state, "open")
      yield* inWorld(command("mend", "ALTER TABLE logs DROP CONSTRAINT picky"))
      const after = yield* countsOnce(inWorld(countEverything), (now) => now.received === 40)
      assert.deepInclude(after, { rows: 37, numbers: 37, rollup: 37, stored: 37 })
      const letters = yield* inWorld(readDeadLetters({ tenant: undefined, first: 100, mostBytes: 0 }))
      assert.lengthOf(letters, 3)
      yield* waitUntil(state, ({ partitions }) => partitions[0]?.status === "running")
    }).pipe(Effect.scoped)
  )
})
