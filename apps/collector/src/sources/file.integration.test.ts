// file over a real folder: every record once and whole, over restarts, kills and damage.
import { appendFileSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { waitFor } from "@tailrace/testing/wait-until"
import { Effect } from "effect"
import { testIntake } from "../frames/intake.harness.ts"
import { metric, numbered, received, receivesUpTo, start, temporaryFolder, textOf } from "./file/file.harness.ts"

describe("file", () => {
  it.live("reads what is there, then what is added, and waits for the rest of a half line", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const world = testIntake()
      const path = join(folder, "app.log")
      writeFileSync(path, `${textOf(numbered(0, 500))}half`)
      yield* start(world, folder, { path })
      yield* receivesUpTo(world, 500)
      appendFileSync(path, " and half\nnul \0 inside\n")
      yield* receivesUpTo(world, 502)
      assert.deepStrictEqual(received(world), [...numbered(0, 500), "half and half", "nul \0 inside"])
      assert.strictEqual(world.published[0]?.subject, "logs.in.default.app")
      assert.deepStrictEqual(world.published[0]?.attributes, { "log.file.path": path })
    }).pipe(Effect.scoped)
  )

  it.live("takes a last line without line end once nothing more comes", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const world = testIntake()
      writeFileSync(join(folder, "a.log"), "one\ntwo")
      yield* start(world, folder, { path: join(folder, "*.log"), partialMillis: 50 })
      assert.deepStrictEqual(yield* receivesUpTo(world, 2), ["one", "two"])
    }).pipe(Effect.scoped)
  )

  it.live("publishes again under the same ids what was not checkpointed before a kill", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const path = join(folder, "app.log")
      const checkpoints = join(folder, "checkpoints", "checkpoints")
      writeFileSync(path, textOf(numbered(0, 5_000)))
      // The disk as a kill between the acknowledgement and the checkpoint leaves it.
      let left: Buffer | undefined
      const first = testIntake({}, async () => {
        left ??= readFileSync(checkpoints)
        return undefined
      })
      yield* Effect.scoped(Effect.andThen(start(first, folder, { path }), receivesUpTo(first, 5_000)))
      writeFileSync(checkpoints, left ?? "")
      appendFileSync(path, textOf(numbered(5_000, 5_100)))
      const second = testIntake()
      yield* Effect.scoped(Effect.andThen(start(second, folder, { path }), receivesUpTo(second, 5_100)))
      // What the broker's duplicate window keeps of both lives.
      const stored = new Map([...first.published, ...second.published].map((one) => [one.id, one.messages]))
      assert.deepStrictEqual([...stored.values()].flat(), numbered(0, 5_100))
      assert.isAbove(second.published.filter(({ id }) => first.published.some((one) => one.id === id)).length, 0)
    }).pipe(Effect.scoped)
  )

  it.live("moves no checkpoint before the broker has the records", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const path = join(folder, "app.log")
      writeFileSync(path, textOf(numbered(0, 100)))
      const refusing = testIntake({}, async () => ({ reason: "full", message: "stream is full" }))
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* start(refusing, folder, { path })
          yield* Effect.promise(() =>
            waitFor(
              () => refusing.attempts.length,
              (count) => count > 0
            )
          )
          yield* Effect.promise(() => refusing.intake.close(1))
        })
      )
      const world = testIntake()
      yield* start(world, folder, { path })
      assert.deepStrictEqual(yield* receivesUpTo(world, 100), numbered(0, 100))
      assert.strictEqual(world.published[0]?.id, refusing.attempts[0]?.id)
      // What an earlier life may have sent is asked for, however long ago that was; what is new is not.
      appendFileSync(path, textOf(numbered(100, 200)))
      yield* receivesUpTo(world, 200)
      assert.deepStrictEqual(world.asked, [world.published[0]?.id])
    }).pipe(Effect.scoped)
  )

  it.live("sets damaged checkpoints aside and reads again rather than losing", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const path = join(folder, "app.log")
      const checkpoints = join(folder, "checkpoints", "checkpoints")
      writeFileSync(path, textOf(numbered(0, 10)))
      const first = testIntake()
      yield* Effect.scoped(Effect.andThen(start(first, folder, { path }), receivesUpTo(first, 10)))
      writeFileSync(checkpoints, readFileSync(checkpoints, "utf8").replaceAll('"offset"', '"offzet"'))
      const second = testIntake()
      yield* start(second, folder, { path, start: "end" })
      assert.deepStrictEqual(yield* receivesUpTo(second, 10), numbered(0, 10))
      assert.match(second.warnings[0] ?? "", /lines of .*checkpoints are damaged \(first: line 1\), kept as/)
    }).pipe(Effect.scoped)
  )

  it.live("begins at the end of files that were there before, if told so", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const world = testIntake()
      const path = join(folder, "old.log")
      writeFileSync(path, textOf(numbered(0, 10)))
      yield* start(world, folder, { path: join(folder, "*.log"), start: "end" })
      yield* Effect.promise(() =>
        waitFor(
          () => readFileSync(join(folder, "checkpoints", "checkpoints"), "utf8"),
          (text) => text.includes("old.log")
        )
      )
      appendFileSync(path, "added\n")
      writeFileSync(join(folder, "new.log"), "new\n")
      assert.deepStrictEqual([...(yield* receivesUpTo(world, 2))].sort(), ["added", "new"])
    }).pipe(Effect.scoped)
  )

  it.live("cuts lines that are too long, however long, and keeps their neighbours", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const world = testIntake()
      const long = "x".repeat(10_000_000)
      const lines = ["before", "y".repeat(2_000), "between", "after"]
      writeFileSync(join(folder, "a.log"), `before\n${lines[1]}\nbetween\n${long}\nafter\n`)
      yield* start(world, folder, { path: join(folder, "a.log"), maxMessageBytes: 1_024 })
      const all = yield* receivesUpTo(world, 5)
      assert.deepStrictEqual([...all].sort(), ["after", "before", "between", "x".repeat(1_024), "y".repeat(1_024)])
      const cuts = world.published.map(({ attributes }) => attributes["log.truncated_bytes"]).filter(Boolean)
      assert.deepStrictEqual(cuts.sort(), ["976", String(10_000_000 - 1_024)])
      yield* metric(world, 'tailrace_collector_truncated_total{source="file"} 2')
    }).pipe(Effect.scoped)
  )

  it.live("joins stack traces when told to, over reads and pauses", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const world = testIntake()
      const path = join(folder, "java.log")
      const trace = "ERROR failed\njava.io.IOException: gone\n\tat a.B.c(B.java:1)\nCaused by: x.Y\n\t... 3 more"
      writeFileSync(path, `INFO start\n${trace.slice(0, 40)}`)
      yield* start(world, folder, { path, multiline: true, partialMillis: 300 })
      yield* receivesUpTo(world, 1)
      appendFileSync(path, `${trace.slice(40)}\nINFO end\n`)
      assert.deepStrictEqual(yield* receivesUpTo(world, 3), ["INFO start", trace, "INFO end"])
    }).pipe(Effect.scoped)
  )

  it.live("joins what a container's runtime broke without being told, over reads", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const world = testIntake()
      const path = join(folder, "pod.log")
      const at = "2026-01-19T10:30:00.904275087Z"
      writeFileSync(path, `${at} stdout F start\n${at} stdout P a\n${at} stderr P x\n`)
      yield* start(world, folder, { path, maxMessageBytes: 1_024, partialMillis: 60_000 })
      yield* receivesUpTo(world, 1)
      appendFileSync(
        path,
        `${at} stdout F b\n${at} stderr P ${"y".repeat(2_000)}\n${at} stderr F z\n${at} stdout F c\n`
      )
      const all = yield* receivesUpTo(world, 4)
      assert.deepStrictEqual([...all].sort(), [
        `${at} stderr F x${"y".repeat(1_023 - at.length - 10)}`,
        `${at} stdout F ab`,
        `${at} stdout F c`,
        `${at} stdout F start`
      ])
      const cuts = world.published.map(({ attributes }) => attributes["log.truncated_bytes"]).filter(Boolean)
      assert.deepStrictEqual(cuts, [String(at.length + 10 + 2_002 - 1_024)])
    }).pipe(Effect.scoped)
  )

  it.live("joins records by the patterns given", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const world = testIntake()
      const path = join(folder, "db.log")
      writeFileSync(path, "[1] a\nb\nc\n[2] d\n")
      yield* start(world, folder, { path, multiline: { start: "^\\[\\d" }, partialMillis: 100 })
      assert.deepStrictEqual(yield* receivesUpTo(world, 2), ["[1] a\nb\nc", "[2] d"])
    }).pipe(Effect.scoped)
  )

  it.live("reads many files and no more ahead than the intake holds", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const world = testIntake({ maxBytes: 65_536 })
      for (let i = 0; i < 600; i++) writeFileSync(join(folder, `f${i}.log`), textOf([`same line`, `file ${i}`]))
      yield* start(world, folder, { path: join(folder, "**/*.log"), source: "many" })
      const all = yield* receivesUpTo(world, 1_200)
      assert.strictEqual(new Set(all).size, 601)
    }).pipe(Effect.scoped)
  )
})
