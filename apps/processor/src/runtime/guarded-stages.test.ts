// Tests of guarded stages: what one life fails over, the next takes apart, record by record.
import { assert, describe, it } from "@effect/vitest"
import { encodeFrameHeader } from "@tailrace/domain/frame"
import { keptOf } from "@tailrace/domain/frame-account"
import { LogBatch } from "@tailrace/domain/log-batch"
import type { RawFrame } from "@tailrace/domain/raw-frame"
import { readPipeline } from "@tailrace/pipeline/pipeline"
import type { PartitionStages } from "@tailrace/pipeline/stage"
import { rawFrameOf } from "@tailrace/streams/frame-encoding"
import { Effect } from "effect"
import { catalogues, type Pipeline } from "../pipelines.ts"
import { guardStages, StageError } from "./guarded-stages.ts"
import { PartitionRuntime } from "./partition-runtime.ts"

/** Throws where a kept record's body holds the word. */
const throwsOver = (word: string) => (batch: LogBatch) => {
  for (let row = 0; row < batch.length; row++)
    if (batch.selected[row] === 1 && batch.body.text(row).includes(word)) throw new TypeError(`cannot take ${word}`)
}

/** A pipeline of raw lines in which stages fail over the words of their names. */
const brittle = Effect.gen(function* () {
  const read = yield* readPipeline(catalogues, "name: brittle\nparse: { codec: raw }\nsinks: []")
  if (!("pipeline" in read)) return yield* Effect.die(read.problems)
  const { pipeline } = read
  const stagesFor = (partition: number) =>
    Effect.map(pipeline.stagesFor(partition), (stages): PartitionStages => {
      const parse: PartitionStages["parse"] = (batch, frame) => {
        const text = Buffer.from(frame.payload).toString()
        if (text.includes("torn frame") && frame.payload.length > 12) throw new RangeError("the frame is torn")
        const appending = stages.parse(batch, frame)
        if (text.includes("no-parse")) throw new SyntaxError("cannot parse")
        return appending
      }
      const filter = { name: "filter" as const, apply: throwsOver("no-filter") }
      const observe = throwsOver("no-watch")
      return { ...stages, parse, filter, watch: { ...stages.watch, observe } }
    })
  return { ...pipeline, stagesFor } satisfies Pipeline
})

const deliver = (
  sequence: number,
  lines: ReadonlyArray<string>,
  headers: Readonly<Record<string, string>> = {}
): RawFrame =>
  rawFrameOf({
    sequence,
    subject: "logs.raw.0.t.s",
    headers: { get: (name) => headers[name] ?? "" },
    data: Buffer.from(`${lines.join("\n")}\n`),
    redelivered: false,
    receivedMillis: 1_000
  })

/** Runs frames through lives until one gets through all stages. */
const through = Effect.fnUntraced(function* (
  frames: ReadonlyArray<ReadonlyArray<string>>,
  headers: Readonly<Record<string, string>> = {},
  committed = 0
) {
  const pipeline = yield* brittle
  const runtime = new PartitionRuntime(0)
  runtime.committed = committed
  const failures: Array<string> = []
  for (;;) {
    const stages = yield* guardStages(pipeline, runtime)
    const batch = LogBatch.make({ partition: 0 })
    try {
      frames.forEach((lines, i) => void stages.parse(batch, deliver(i + 1, lines, headers)))
      stages.filter.apply(batch)
      stages.enrich.apply(batch)
      stages.watch.observe(batch, 0)
    } catch (cause) {
      if (!(cause instanceof StageError) || failures.length > 9) throw cause
      failures.push(cause.message)
      continue
    }
    const kept = Array.from({ length: batch.length }, (_, row) => row).filter((row) => batch.selected[row] === 1)
    return {
      failures,
      kept: kept.map((row) => `${batch.sequence[row]}-${batch.row[row]} ${batch.body.text(row)}`),
      refused: stages.takeRefused(99),
      left: stages.takeRefused(99),
      accounts: batch.frames
    }
  }
})

describe("guarded stages", () => {
  it.effect("let everything through as it is when nothing fails", () =>
    Effect.gen(function* () {
      const { failures, kept, refused } = yield* through([["a", "b"], ["c"]])
      assert.deepStrictEqual([failures, refused], [[], []])
      assert.deepStrictEqual(kept, ["1-0 a", "1-1 b", "2-0 c"])
    })
  )

  it.effect("take records apart that outputs hold already, which hops read again after a change of placement", () =>
    Effect.gen(function* () {
      const { failures, kept } = yield* through([["a", "no-filter"], ["b"]], {}, 9)
      assert.deepStrictEqual(kept, ["1-0 a", "2-0 b"])
      assert.strictEqual(failures.length, 1)
    })
  )

  it.effect("set aside the records that single stages fail over, and no others, each with its place and reason", () =>
    Effect.gen(function* () {
      const { accounts, failures, kept, left, refused } = yield* through([
        ["a", "no-filter 1", "b", "no-filter 2"],
        ["c", "no-parse", "d"],
        ["no-watch", "e"]
      ])
      assert.deepStrictEqual(kept, ["1-0 a", "1-2 b", "2-0 c", "2-2 d", "3-1 e"])
      const facts = refused.map(({ reason, row, sequence, stage }) => `${stage} ${sequence}-${row} ${reason}`)
      assert.deepStrictEqual(facts.sort(), [
        "filter 1-1 failed: TypeError",
        "filter 1-3 failed: TypeError",
        "parse 2-1 failed: SyntaxError",
        "watch 3-0 failed: TypeError"
      ])
      assert.deepStrictEqual(left, [])
      assert.deepStrictEqual(
        accounts.map(({ received, rejected }) => [received, [...rejected.values()].reduce((a, b) => a + b, 0)]),
        [
          [4, 2],
          [3, 1],
          [2, 1]
        ]
      )
      assert.match(failures[0] ?? "", /^parse failed: SyntaxError over messages 2 to 2 of partition 0: cannot parse$/)
    })
  )

  it.effect("set a frame aside whole when no message of it fails by itself", () =>
    Effect.gen(function* () {
      const { accounts, kept, refused } = yield* through([["a"], ["torn frame", "x", "y"], ["b"]])
      assert.deepStrictEqual(kept, ["1-0 a", "3-0 b"])
      assert.deepStrictEqual(
        refused.map(({ records, row, sequence, stage, tenant }) => [stage, tenant, sequence, row, records]),
        [["parse", "t", 2, 0, 3]]
      )
      assert.deepStrictEqual([accounts[1]?.received, accounts[1]?.rejected.get("failed: RangeError")], [3, 3])
    })
  )

  it.effect("count what was dropped before a frame also where records of it, or all of it, are set aside", () =>
    Effect.gen(function* () {
      const dropped = encodeFrameHeader({
        layout: "lines",
        codec: "raw",
        receivedMillis: 1_000,
        attributes: {},
        resource: {},
        dropped: { "collector:invalid": 5 }
      })
      const { accounts } = yield* through([["torn frame", "x", "y"], ["no-parse", "a"], ["b"]], dropped)
      assert.deepStrictEqual(
        accounts.map((account) => [account.received, account.dropped.get("collector:invalid"), keptOf(account)]),
        [
          [8, 5, 0],
          [7, 5, 1],
          [6, 5, 1]
        ]
      )
    })
  )

  it.effect("set nothing aside for a failure that no record causes by itself", () =>
    Effect.gen(function* () {
      const pipeline = yield* brittle
      const runtime = new PartitionRuntime(0)
      const state = { broken: true }
      const stagesFor = (partition: number) =>
        Effect.map(pipeline.stagesFor(partition), (stages): PartitionStages => {
          const apply = (batch: LogBatch) => {
            if (state.broken && batch.keptCount > 1) throw new Error("two are too many")
          }
          return { ...stages, enrich: { name: "enrich", apply } }
        })
      for (const broken of [true, true, false]) {
        state.broken = broken
        const stages = yield* guardStages({ ...pipeline, stagesFor }, runtime)
        const batch = LogBatch.make({ partition: 0 })
        stages.parse(batch, deliver(1, ["a", "b"]))
        if (broken) assert.throws(() => stages.enrich.apply(batch), /two are too many/)
        else stages.enrich.apply(batch)
        assert.deepStrictEqual(stages.takeRefused(9), [])
      }
    })
  )
})
