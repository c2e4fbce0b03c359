// Chapter 11: what it costs. Work is counted, not timed: a batch has a price, and an event's share of it shrinks as it grows.
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { jetstreamManager } from "@nats-io/jetstream"
import { LogBatch } from "@tailrace/domain/log-batch"
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { read } from "@tailrace/store/store"
import { NativeBlockWriter } from "@tailrace/store/write/native-block"
import { Nats } from "@tailrace/streams/nats"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Context, Effect, Layer, Schema } from "effect"
import { questions } from "../../bench/questions.ts"
import { ParseStage } from "../../libs/pipeline/src/parse/parse.ts"
import { ParseConfig } from "../../libs/pipeline/src/parse/parse-config.ts"
import { System } from "./running-system.harness.ts"

const frames = 160
const perFrame = 50
const records = frames * perFrame

const frameOf = (first: number): string =>
  Array.from({ length: perFrame }, (_, i) => {
    const number = first + i
    const ts = new Date(Date.UTC(2026, 2, 1) + number).toISOString()
    return JSON.stringify({
      ts,
      level: "info",
      service: `service-${number % 7}`,
      msg: `request ${number} done`,
      number
    })
  }).join("\n")

// The same records twice: in batches that are cut short, and in batches that may gather what is there.
const pipeline = (batch: string): string => `
name: priced
parse: { codec: json }
batch: ${batch}
`
const cutShort = pipeline("{ maxRows: 200, minLinger: 1ms, maxLinger: 5ms }")
const gathered = pipeline("{ minLinger: 1s, maxLinger: 1s }")

// Each insert takes the table's next block number, so the highest one counts the parts that were ever written, merged or not.
const partsWritten = (table: string): string =>
  `(SELECT max(max_block_number) FROM system.parts WHERE database = currentDatabase() AND table = '${table}')`

const work = Effect.map(
  read<Record<"rows" | "batches" | "parts" | "rollupParts" | "accounts" | "accounted" | "seconds", string>>({
    operation: "count the work",
    sql: `SELECT
      (SELECT count() FROM logs) AS rows,
      (SELECT uniqExact(ingested_at) FROM logs) AS batches,
      ${partsWritten("logs")} AS parts,
      ${partsWritten("logs_per_minute")} AS rollupParts,
      ${partsWritten("ledger")} AS accounts,
      (SELECT sum(received) FROM ledger) AS accounted,
      (SELECT dateDiff('second', min(ingested_at), max(ingested_at)) FROM logs) AS seconds`
  }),
  ([row]) => ({
    rows: Number(row?.rows),
    batches: Number(row?.batches),
    parts: Number(row?.parts),
    rollupParts: Number(row?.rollupParts),
    accounts: Number(row?.accounts),
    accounted: Number(row?.accounted),
    seconds: Number(row?.seconds)
  })
)

/** What one pipeline does in a system of its own, where all records wait in the broker when it starts. */
const workOf = (text: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const system = Context.get(yield* Layer.build(System.layer), System)
      for (let first = 0; first < records; first += perFrame) yield* system.publish("priced", frameOf(first))
      yield* system.startProcessor(text)
      const counted = Effect.provide(work, system.context)
      const done = yield* waitUntil(counted, ({ accounted }) => accounted >= records, { timeoutMillis: 40_000 })
      const { control } = yield* Effect.provide(Nats, system.context)
      const raw = yield* Effect.promise(async () => (await jetstreamManager(control)).streams.info("raw"))
      return { ...done, messages: raw.state.last_seq }
    })
  )

describe("the price of an event", () => {
  it.live("is its share of what its frame and its batch cost", () =>
    Effect.gen(function* () {
      const short = yield* workOf(cutShort)
      const long = yield* workOf(gathered)
      for (const { accounts, batches, messages, parts, rollupParts, rows, seconds } of [short, long]) {
        assert.strictEqual(rows, records)

        // The broker is asked once per frame and not once per event: that is what a collector gathers frames for.
        assert.strictEqual(messages, frames)

        // One batch is one insert is one part, and one part of the rollup that hangs on it: synced to the disk once each.
        assert.strictEqual(parts, batches)
        assert.strictEqual(rollupParts, batches)

        // The ledger is written about once a second whatever the number of batches.
        assert.isAtMost(accounts, seconds + 2)
      }

      // A batch of 200 rows costs as many parts as one of thousands, so the first way paid many times for the same records.
      assert.isAtLeast(short.batches, records / 200)
      assert.isBelow(long.batches * 4, short.batches)
    })
  )
})

// Columns are typed arrays, kept from batch to batch: an event is written into memory that is already there. What a batch
// takes anew are its dictionaries' entries, one for each distinct service or host, however many events name it.
const buffersOf = (value: unknown, found = new Set<ArrayBufferLike>(), seen = new Set<unknown>()) => {
  if (typeof value !== "object" || value === null || seen.has(value)) return found
  seen.add(value)
  if (ArrayBuffer.isView(value)) found.add(value.buffer)
  else for (const inner of Object.values(value)) buffersOf(inner, found, seen)
  return found
}

describe("a batch that is filled again", () => {
  it("takes new memory by distinct values and not by events, and none for the block written from it", () => {
    const stage = new ParseStage(Schema.decodeUnknownSync(ParseConfig)({}))
    const batch = LogBatch.make({ partition: 0 })
    const writer = new NativeBlockWriter()
    const payload = encodeUtf8(`${frameOf(0)}\n`)
    const header = { layout: "lines", codec: "json", receivedMillis: 0, attributes: {}, resource: {} } as const
    let sequence = 0
    const fill = (count: number) => {
      const before = buffersOf(batch)
      batch.reset()
      for (let i = 0; i < count; i++) {
        sequence++
        stage.parseFrame({ sequence, tenant: "default", source: "priced", header, storedMillis: 0, payload }, batch)
      }
      assert.strictEqual(batch.keptCount, count * perFrame)
      const block = writer.write(batch, { ingestedAt: sequence, attempt: 1 })
      return { block, taken: [...buffersOf(batch)].filter((buffer) => !before.has(buffer)).length }
    }
    const { block } = fill(80)
    const few = fill(4)
    const lots = fill(80)
    assert.strictEqual(lots.taken, few.taken)
    assert.strictEqual(few.block.buffer, block.buffer)
    assert.strictEqual(lots.block.buffer, block.buffer)
  })
})

// Microseconds are another matter: they belong to a machine. `npm run bench` measures each process by itself, and the page it
// writes says what a whole event costs and who takes how much of it.
const page = readFileSync(new URL("../benchmarks.md", import.meta.url), "utf8")

describe("the page of figures", () => {
  it("answers what the bench asks, and nothing else", () => {
    const asked = new Set(questions.map(({ asks }) => asks))
    const answered = [...page.matchAll(/^## (.*)$/gm)].map(([, title]) => title as string)
    assert.isAbove(answered.length, 0)
    assert.deepStrictEqual(
      answered.filter((title) => !asked.has(title)),
      []
    )
  })

  it("tells the cost of an event by process, and the parts make the whole", () => {
    const section = page.split(/^## /m)[1] ?? ""
    const tables = section.split("| process |").slice(1)
    assert.strictEqual(tables.length, 2)
    for (const table of tables) {
      const costs = new Map(
        [...table.matchAll(/^\| (\w+) \| ([\d.]+) \|/gm)].map(([, name, cost]) => [name, Number(cost)])
      )
      assert.includeMembers([...costs.keys()], ["broker", "store", "processor", "collector", "generator", "all"])
      const all = costs.get("all") as number
      costs.delete("all")
      const sum = [...costs.values()].reduce((total, cost) => total + cost, 0)
      // Each figure is a median of its own.
      assert.closeTo(sum / all, 1, 0.15)
    }
  })
})
