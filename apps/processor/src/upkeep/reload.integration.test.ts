// The pipeline file is changed while the processor runs: every record is of one version, counted exactly; a wrong file changes nothing.
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { read } from "@tailrace/store/store"
import { waitUntil } from "@tailrace/testing/wait-until"
import { Context, Effect, Fiber } from "effect"
import { Processor } from "../layer.ts"
import { countEverything, countsOnce, publishNumbered, startWorld } from "../partition/placement.harness.ts"

const common = `
metrics: [{ type: count, name: all, by: [service], size: 1s, lateness: 0ms }]
batch: { maxRows: 200, minLinger: 5ms, maxLinger: 20ms }
parse: { codec: json }
`
/** Versions that leave out other records, and mark those they keep. */
const versions = {
  a: `${common}
filter: [{ type: drop, name: no-debug, when: "severity = debug" }]
enrich: [{ type: static, fields: { version: a } }]
`,
  b: `${common}
filter: [{ type: drop, name: no-warn, when: "severity = warn" }]
enrich: [{ type: static, fields: { version: b } }]
detectors: [{ type: zscore, metric: all }]
`
}
const level = (number: number) => (["info", "debug", "warn", "error"] as const)[number % 4] as string
const start = Math.floor(Date.now() / 1000 - 36_000) * 1000

const pipelineFile = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "tailrace-reload-"))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
).pipe(Effect.map((folder) => join(folder, "pipeline.yaml")))

/** As editors do it: a new file that takes the old one's name. */
const save = (path: string, text: string) =>
  Effect.promise(async () => {
    await writeFile(`${path}.new`, text)
    await rename(`${path}.new`, path)
  })

interface Outcome {
  readonly version: string
  readonly severity: string
  readonly rows: number
}

const outcomes = Effect.map(
  read<{ readonly version: string; readonly severity: string; readonly rows: string }>({
    operation: "count by version",
    sql: "SELECT attributes['version'] AS version, severity, count() AS rows FROM logs GROUP BY version, severity"
  }),
  (rows) => rows.map((row): Outcome => ({ ...row, rows: Number(row.rows) }))
)
const droppedBy = Effect.map(
  read<{ readonly rule: string; readonly records: string }>({
    operation: "count by rule",
    sql: "SELECT rule, sum(records) AS records FROM ledger ARRAY JOIN mapKeys(dropped_by) AS rule, mapValues(dropped_by) AS records GROUP BY rule"
  }),
  (rows) => Object.fromEntries(rows.map(({ rule, records }) => [rule, Number(records)]))
)

/** Milliseconds; a hundred reloads on a busy machine. */
const patience = 600_000

describe.each([
  ["fused", 100],
  ["staged", 10]
] as const)("a pipeline file changed under load, %s", { retry: 0, timeout: patience }, (placement, reloads) => {
  it.live("loses nothing, doubles nothing, and gives each record to one version", () =>
    Effect.gen(function* () {
      const world = yield* startWorld
      const path = yield* pipelineFile
      yield* save(path, versions.a)
      const context = yield* world.startProcessor({ placement, pipeline: path })
      const state = Context.get(context, Processor).state
      yield* waitUntil(state, ({ partitions }) => partitions.every(({ status }) => status === "running"))
      const total = reloads * 200
      const took: Array<number> = []
      // However long a reload takes, records come in during the next one.
      const publishing = yield* Effect.forkScoped(
        Effect.forEach(
          Array.from({ length: reloads }, (_, i) => i),
          (i) =>
            Effect.gen(function* () {
              yield* waitUntil(
                Effect.sync(() => took.length),
                (done) => done >= i - 1
              )
              yield* publishNumbered({ from: i * 200, to: (i + 1) * 200, perFrame: 20, start, stepMillis: 10, level })
              yield* Effect.sleep(100)
            })
        ).pipe(Effect.provide(world.context))
      )
      for (let i = 0; i < reloads; i++) {
        const { reload: before } = yield* state
        yield* save(path, i % 2 === 0 ? versions.b : versions.a)
        const { reload } = yield* waitUntil(
          state,
          ({ partitions, reload: now, version }) =>
            now !== null && now !== before && partitions.every((one) => one.version === version),
          { what: `reload ${i + 1}` }
        )
        assert.isTrue(reload?.accepted, reload?.lines.join("\n"))
        took.push(reload?.tookMillis ?? 0)
      }
      yield* Fiber.join(publishing)
      const counts = yield* Effect.provide(
        countsOnce(countEverything, (now) => now.received >= total && now.panes >= now.rows),
        world.context
      )
      assert.strictEqual(counts.received, total)
      assert.strictEqual(counts.rows + counts.dropped, total)
      assert.strictEqual(counts.numbers, counts.rows)
      assert.strictEqual(counts.rollup, counts.rows)
      assert.strictEqual(counts.stored, counts.rows)
      assert.strictEqual(counts.panes, counts.rows)
      const [found, rules] = yield* Effect.provide(Effect.all([outcomes, droppedBy]), world.context)
      const rowsOf = (version: string, severity: string) =>
        found.find((one) => one.version === version && one.severity === severity)?.rows ?? 0
      const everyRow = (severity: string) => rowsOf("a", severity) + rowsOf("b", severity)
      assert.strictEqual(everyRow("DEBUG") + (rules["no-debug"] ?? 0), total / 4)
      assert.strictEqual(everyRow("WARN") + (rules["no-warn"] ?? 0), total / 4)
      assert.isAbove(rowsOf("a", "WARN"), 0)
      assert.isAbove(rowsOf("b", "DEBUG"), 0)
      // Between durable stages a batch may leave the old version of one stage for the new version of the next.
      if (placement === "fused") assert.strictEqual(rowsOf("a", "DEBUG") + rowsOf("b", "WARN"), 0)
      const sorted = took.toSorted((x, y) => x - y)
      console.log(
        `${reloads} reloads (${placement}), ${total} records: median ${sorted[reloads >> 1]?.toFixed(0)} ms, longest ${sorted.at(-1)?.toFixed(0)} ms from the old pipeline to the new one`
      )
    }).pipe(Effect.scoped)
  )
})

describe("a wrong pipeline file", () => {
  it.live("is refused with everything that is wrong with it, and the old pipeline goes on", () =>
    Effect.gen(function* () {
      const world = yield* startWorld
      const path = yield* pipelineFile
      yield* save(path, versions.a)
      const state = Context.get(yield* world.startProcessor({ placement: "fused", pipeline: path }), Processor).state
      const reloaded = (text: string) =>
        Effect.gen(function* () {
          const { reload: before } = yield* state
          yield* save(path, text)
          return yield* waitUntil(state, ({ reload: now }) => now !== null && now !== before)
        })
      const { version } = yield* state
      const wrong = yield* reloaded(`${versions.a}\nmetrcs: []\nsnapshotEvery: never\n`)
      assert.isFalse(wrong.reload?.accepted)
      assert.match(wrong.reload?.lines.join("\n") ?? "", /pipeline\.yaml:\d+:\d+ metrcs: no such key here/)
      assert.match(wrong.reload?.lines.join("\n") ?? "", /pipeline\.yaml:\d+:\d+ snapshotEvery: /)
      const emptied = yield* reloaded("\n")
      assert.match(emptied.reload?.lines.join("\n") ?? "", /pipeline\.yaml: is empty, which would give up every rule/)
      assert.strictEqual(emptied.version, version)
      const renamed = yield* reloaded(`${versions.a}\nname: other\n`)
      assert.match(renamed.reload?.lines.join("\n") ?? "", /name: cannot change while the process runs/)
      assert.strictEqual(renamed.version, version)
      yield* Effect.provide(
        publishNumbered({ from: 0, to: 100, perFrame: 20, start, stepMillis: 10, level }),
        world.context
      )
      const counts = yield* Effect.provide(
        countsOnce(countEverything, (now) => now.received >= 100),
        world.context
      )
      assert.deepInclude(counts, { rows: 75, dropped: 25 })
      assert.isTrue((yield* reloaded(versions.a)).reload?.accepted)
      const next = yield* reloaded(versions.b)
      assert.deepStrictEqual(next.reload?.lines, [
        'filter "no-warn" added',
        'filter "no-debug" removed',
        "enrichment static changed",
        'detector zscore of "all" added'
      ])
      assert.notStrictEqual(next.version, version)
      assert.strictEqual(next.partitions[0]?.version, next.version)
    }).pipe(Effect.scoped)
  )

  it.live("that was changed while the processor was away takes over behind what the old one had stored", () =>
    Effect.gen(function* () {
      const world = yield* startWorld
      const path = yield* pipelineFile
      yield* save(path, versions.a)
      const { version } = yield* Effect.scoped(
        Effect.gen(function* () {
          const state = Context.get(
            yield* world.startProcessor({ placement: "fused", pipeline: path }),
            Processor
          ).state
          return yield* waitUntil(state, ({ partitions }) => partitions[0]?.status === "running")
        })
      )
      yield* save(path, versions.b)
      const state = Context.get(yield* world.startProcessor({ placement: "fused", pipeline: path }), Processor).state
      const before = yield* waitUntil(state, ({ partitions }) => partitions[0]?.status === "running")
      assert.strictEqual(before.partitions[0]?.version, version)
      yield* waitUntil(state, (now) => now.partitions[0]?.version === now.version && now.version !== version)
    }).pipe(Effect.scoped)
  )
})
