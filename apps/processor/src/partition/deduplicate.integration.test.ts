// Deduplication between a real broker and a real store, in both placements: each key stored once, through kills.
import { spawn } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { read } from "@tailrace/store/store"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Effect } from "effect"
import { countEverything, countsOnce, publishNumbered, startWorld } from "./placement.harness.ts"

const pipeline = `
name: once
parse: { codec: json }
filter: [{ type: drop, name: noise, when: "level:debug" }]
enrich: [{ type: rename, from: number, to: order }]
deduplicate: { key: order, window: 1h }
metrics: [{ type: count, name: all, by: [service], size: 1s, lateness: 0ms }]
batch: { maxRows: 200, minLinger: 5ms, maxLinger: 20ms }
snapshotEvery: 100ms
`
const start = Math.floor(Date.now() / 1000 - 1_800) * 1000
const level = (number: number) => (number % 7 === 0 ? "debug" : "info")
const kept = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => from + i).filter((number) => level(number) === "info").length

describe.each(["fused", "staged"] as const)("deduplication, %s", { retry: 0 }, (placement) => {
  it.live("stores each key once through kills in the middle, with a ledger, a rollup and panes that add up", () =>
    Effect.gen(function* () {
      const world = yield* startWorld
      const folder = yield* Effect.acquireRelease(
        Effect.promise(() => mkdtemp(join(tmpdir(), "tailrace-once-"))),
        (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
      )
      const [file, config] = [join(folder, "pipeline.yaml"), join(folder, "processor.yaml")]
      yield* Effect.promise(() => writeFile(file, pipeline))
      yield* Effect.promise(() => writeFile(config, JSON.stringify(world.configOf({ placement, pipeline: file }))))
      const publish = (from: number, to: number) =>
        publishNumbered({ from, to, perFrame: 25, start, stepMillis: 20, level }).pipe(Effect.provide(world.context))
      const counts = Effect.provide(countEverything, world.context)
      const kill = (child: ReturnType<typeof spawn>) =>
        Effect.promise(async () => {
          if (child.exitCode !== null) return
          const gone = new Promise((resolve) => child.once("exit", resolve))
          child.kill("SIGKILL")
          await gone
        })
      // Each life gets new numbers and half of those that the lives before it had.
      let received = 0
      for (let life = 0; life < 3; life++) {
        const before = (yield* counts).received
        yield* Effect.scoped(
          Effect.gen(function* () {
            const child = yield* Effect.acquireRelease(
              Effect.sync(() => spawn(process.execPath, [join(import.meta.dirname, "../main.ts"), config])),
              kill
            )
            for (const [from, to] of [
              [life * 1_000, life * 1_000 + 600],
              [Math.max(0, life * 1_000 - 500), life * 1_000 + 1_000],
              [life * 1_000 + 300, life * 1_000 + 900]
            ] as const) {
              yield* publish(from, to)
              received += to - from
            }
            yield* waitUntil(counts, (now) => now.received > before || child.exitCode !== null)
            assert.isNull(child.exitCode)
          })
        )
      }
      yield* world.startProcessor({ placement, pipeline: file })
      yield* publish(0, 3_000)
      received += 3_000
      // Windows close behind what is new.
      yield* publish(3_000, 3_500)
      received += 500
      const rows = kept(0, 3_500)
      const after = yield* countsOnce(counts, (now) => now.received === received && now.panes >= kept(0, 3_400))
      assert.deepInclude(after, { received, rows, rollup: rows, stored: rows })
      const [sums] = yield* Effect.provide(
        read<{ readonly keys: string; readonly deduplicated: string; readonly wrong: string }>({
          operation: "count keys and duplicates",
          sql: `SELECT (SELECT uniqExact(attributes['order']) FROM logs) AS keys,
              (SELECT sum(deduplicated) FROM ledger) AS deduplicated,
              (SELECT count() FROM (SELECT window_start, key['service'] AS service, count FROM panes FINAL) AS p
                LEFT JOIN (SELECT toStartOfSecond(timestamp) AS second, service, count() AS n FROM logs GROUP BY second, service) AS l
                ON toDateTime64(p.window_start, 9) = l.second AND p.service = l.service WHERE p.count != l.n) AS wrong`
        }),
        world.context
      )
      assert.deepStrictEqual(sums, {
        keys: String(rows),
        deduplicated: String(received - after.dropped - rows),
        wrong: "0"
      })
      assert.isAbove(received - after.dropped - rows, 3_000)
    }).pipe(Effect.scoped)
  )
})
