// Sinks that write at their own pace: a full disk delays only its files, which hold each record once when there is room again.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { noSmallDisk, SmallDisk } from "@tailrace/testing/small-disk"
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

const start = Math.floor(Date.now() / 1000 - 3_600) * 1000

const textOf = (folders: ReadonlyArray<string>) => `
parse: { codec: json }
batch: { maxRows: 200, minLinger: 5ms, maxLinger: 20ms }
sinks:
  - { type: clickhouse }
${folders.map((folder, i) => `  - { type: file, name: file-${i}, folder: ${folder}, breaker: { open: 100ms, longest: 300ms } }`).join("\n")}
`

/** A folder with a small disk in it and a place beside that. */
const places = Effect.acquireRelease(
  Effect.sync(() => {
    const root = mkdtempSync(join(tmpdir(), "tailrace-own-pace-"))
    const small = join(root, "small")
    mkdirSync(small)
    return { root, small, roomy: join(root, "roomy"), disk: new SmallDisk(small, 4) }
  }),
  ({ disk, root }) =>
    Effect.sync(() => {
      disk.remove()
      rmSync(root, { recursive: true, force: true })
    })
)

/** The numbers of the records in the files of a folder. */
const numbersIn = (folder: string) =>
  Effect.sync(() =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".ndjson"))
      .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n").slice(0, -1))
      .map((line) => Number(/"number":"?(\d+)/.exec(line)?.[1]))
  )

const upTo = (count: number) => Array.from({ length: count }, (_, number) => number)
const sorted = (numbers: ReadonlyArray<number>) => numbers.toSorted((a, b) => a - b)

describe.skipIf(noSmallDisk !== undefined)("sinks that write at their own pace", () => {
  for (const placement of ["fused", "staged"] as const)
    it.live(`delay nobody else while their disk is full, and then catch up, ${placement}`, () =>
      Effect.gen(function* () {
        const world = yield* startWorld
        const { disk, roomy, small } = yield* places
        const pipeline = yield* pipelineFile(textOf([small, roomy]))
        const publish = (from: number, to: number) =>
          publishNumbered({ from, to, perFrame: 20, start, stepMillis: 20 }).pipe(Effect.provide(world.context))
        const counts = Effect.provide(countEverything, world.context)
        const total = (count: number) =>
          Effect.gen(function* () {
            const now = yield* countsOnce(counts, ({ received }) => received === count)
            assert.deepInclude(now, { rows: count, numbers: count, rollup: count, stored: count, dropped: 0 })
            yield* waitUntil(numbersIn(roomy), ({ length }) => length >= count)
          })
        // A life in which the disk fills up, and one that begins with a full one.
        yield* Effect.scoped(
          Effect.gen(function* () {
            const { state } = Context.get(yield* world.startProcessor({ placement, pipeline }), Processor)
            yield* publish(0, 400)
            yield* total(400)
            yield* waitUntil(numbersIn(small), ({ length }) => length === 400)
            disk.fill(0)
            yield* publish(400, 1_000)
            yield* total(1_000)
            const held = yield* waitUntil(state, ({ partitions }) =>
              partitions.some(({ sinks }) => sinks.some((sink) => sink.name === "file-0" && sink.state !== "closed"))
            )
            const [partition] = held.partitions
            assert.strictEqual(partition?.status, "running")
            assert.include(partition?.sinks.find(({ name }) => name === "file-0")?.reason ?? "", "free some room")
            assert.deepStrictEqual([partition?.restarts, partition?.lagMessages], [0, 0])
          })
        )
        yield* world.startProcessor({ placement, pipeline })
        yield* publish(1_000, 1_400)
        yield* total(1_400)
        disk.empty()
        yield* waitUntil(numbersIn(small), ({ length }) => length >= 1_400)
        yield* publish(1_400, 1_500)
        yield* total(1_500)
        for (const folder of [small, roomy]) {
          const numbers = yield* waitUntil(numbersIn(folder), ({ length }) => length >= 1_500)
          assert.deepStrictEqual(sorted(numbers), upTo(1_500))
        }
      }).pipe(Effect.scoped)
    )
})
