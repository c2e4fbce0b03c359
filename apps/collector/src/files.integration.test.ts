// Files through the whole collector with a real nats-server: rotated while written, truncated, packed, and restarted.
import { spawn } from "node:child_process"
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { startBroker } from "./collector.harness.ts"

const folderOf = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tailrace-files-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const line = (i: number) => `record ${i} ${"x".repeat(i % 50)}`
const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => line(from + i))
const text = (from: number, to: number) =>
  lines(from, to)
    .map((one) => `${one}\n`)
    .join("")
const inOrder = (texts: ReadonlyArray<string>) =>
  texts.toSorted((a, b) => Number(a.split(" ")[1]) - Number(b.split(" ")[1]))

const setUp = (pattern = "*.log") =>
  Effect.gen(function* () {
    const folder = yield* folderOf
    const world = yield* startBroker()
    const config = { files: [{ path: join(folder, "logs", pattern), pollMillis: 200 }], data: join(folder, "data") }
    return { ...world, config, logs: join(folder, "logs"), start: world.collect(config) }
  })

/** A collector as a process of its own, killed with -9 when `work` is done. */
const killed = (logs: string, config: object) => {
  const settings = join(logs, "collector.yaml")
  writeFileSync(settings, JSON.stringify({ ...config, http: { enabled: false }, syslog: { enabled: false } }))
  return (work: () => Promise<void>) =>
    Effect.promise(async () => {
      const main = join(import.meta.dirname, "main.ts")
      const child = spawn(process.execPath, [main, settings], { stdio: ["ignore", "pipe", "inherit"] })
      const gone = new Promise((resolve) => child.once("exit", resolve))
      await new Promise((resolve) => child.stdout.once("data", resolve))
      await work()
      child.kill("SIGKILL")
      await gone
    })
}

describe("files", () => {
  it.live("are read from a folder made later, through a rotation in the middle of writing", () =>
    Effect.gen(function* () {
      const { logs, start, stored, texts } = yield* setUp()
      yield* start
      mkdirSync(logs)
      const path = join(logs, "app.log")
      writeFileSync(path, text(0, 1))
      yield* texts(1)
      for (let i = 1; i < 1_000; i++) {
        if (i % 300 === 0) renameSync(path, `${path}.${i}`)
        appendFileSync(path, `${line(i)}\n`)
      }
      assert.deepStrictEqual(inOrder(yield* texts(1_000)), lines(0, 1_000))
      const [first] = yield* stored
      assert.deepInclude(first, { source: "app", attributes: { "log.file.path": path } })
    }).pipe(Effect.scoped)
  )

  it.live("are found though they were rotated away before anybody looked", () =>
    Effect.gen(function* () {
      const { logs, start, texts } = yield* setUp()
      mkdirSync(logs)
      yield* start
      const path = join(logs, "new.log")
      writeFileSync(path, "")
      for (let i = 0; i < 1_000; i++) {
        if (i === 400) renameSync(path, `${path}.1`)
        appendFileSync(path, `${line(i)}\n`)
      }
      assert.deepStrictEqual(inOrder(yield* texts(1_000)), lines(0, 1_000))
    }).pipe(Effect.scoped)
  )

  it.live("go on after being copied and truncated", () =>
    Effect.gen(function* () {
      const { logs, start, texts } = yield* setUp("*.log*")
      mkdirSync(logs)
      const path = join(logs, "app.log")
      writeFileSync(path, text(0, 300))
      yield* start
      yield* texts(300)
      copyFileSync(path, `${path}.1`)
      truncateSync(path)
      appendFileSync(path, text(300, 900))
      assert.deepStrictEqual(inOrder(yield* texts(900)), lines(0, 900))
    }).pipe(Effect.scoped)
  )

  it.live("are unpacked when gzip", () =>
    Effect.gen(function* () {
      const { logs, start, stored, texts } = yield* setUp("*.gz")
      mkdirSync(logs)
      writeFileSync(join(logs, "old.log.1.gz"), gzipSync(text(0, 500)))
      yield* start
      assert.deepStrictEqual(inOrder(yield* texts(500)), lines(0, 500))
      assert.strictEqual((yield* stored)[0]?.source, "old")
    }).pipe(Effect.scoped)
  )

  it.live("are resumed after an end in the middle, without loss or doubling", () =>
    Effect.gen(function* () {
      const { logs, start, texts } = yield* setUp()
      mkdirSync(logs)
      const path = join(logs, "app.log")
      let written = 0
      for (let life = 0; life < 4; life++) {
        const scope = yield* Scope.make()
        appendFileSync(path, text(written, written + 200))
        yield* Scope.provide(start, scope)
        appendFileSync(path, text(written + 200, written + 400))
        if (life === 1) renameSync(path, `${path}.1`)
        yield* Scope.close(scope, Exit.void)
        written += 400
      }
      yield* start
      assert.deepStrictEqual(inOrder(yield* texts(written)), lines(0, written))
    }).pipe(Effect.scoped)
  )

  it.live("are resumed after kill -9, without loss or doubling", () =>
    Effect.gen(function* () {
      const { broker, config, logs, start, texts } = yield* setUp()
      mkdirSync(logs)
      const path = join(logs, "app.log")
      const kill = killed(logs, { ...config, nats: { servers: [broker.url] } })
      writeFileSync(path, "")
      let written = 0
      for (let life = 0; life < 3; life++) {
        yield* kill(async () => {
          for (let i = 0; i < 20; i++) {
            appendFileSync(path, text(written, written + 100))
            written += 100
            await new Promise((resolve) => setImmediate(resolve))
          }
        })
      }
      yield* start
      const found = yield* texts(written)
      assert.strictEqual(found.length, written)
      assert.strictEqual(new Set(found).size, written)
    }).pipe(Effect.scoped)
  )

  it.live("that a power failure takes the end of go on behind what they have, and truncated ones begin anew", () =>
    Effect.gen(function* () {
      const { broker, config, logs, start, texts } = yield* setUp()
      mkdirSync(logs)
      const [shorter, truncated] = [join(logs, "shorter.log"), join(logs, "truncated.log")]
      const kill = killed(logs, { ...config, nats: { servers: [broker.url] } })
      writeFileSync(shorter, text(0, 3_000))
      writeFileSync(truncated, text(10_000, 13_000))
      yield* kill(() => Effect.runPromise(texts(6_000)).then(() => undefined))
      for (const [path, from] of [
        [shorter, 20_000],
        [truncated, 30_000]
      ] as const) {
        truncateSync(path, path === shorter ? Buffer.byteLength(text(0, 1_234)) : 0)
        appendFileSync(path, text(from, from + 500))
      }
      yield* start
      const all = [...lines(0, 3_000), ...lines(10_000, 13_000), ...lines(20_000, 20_500), ...lines(30_000, 30_500)]
      assert.deepStrictEqual(inOrder(yield* texts(7_000)), all)
    }).pipe(Effect.scoped)
  )
})
