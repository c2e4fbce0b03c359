// File harness: a temporary folder, the file source reading in it, and what it brought to the intake, for tests.
// @effect-diagnostics strictEffectProvide:off -- a test is an entry point
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { waitFor } from "@tailrace/testing/wait-until"
import { Effect, Layer, Schema } from "effect"
import type { testIntake } from "../../frames/intake.harness.ts"
import { fileSource } from "../file.ts"
import { FileConfig } from "./file-config.ts"

type World = ReturnType<typeof testIntake>
const services = Layer.merge(Health.layer, Metrics.layerBare)

export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tailrace-file-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** Reads for the life of the scope. */
export const start = (world: World, folder: string, entry: typeof FileConfig.Encoded) =>
  fileSource([Schema.decodeSync(FileConfig)({ pollMillis: 20, partialMillis: 60_000, rotatedMillis: 50, ...entry })])
    .open({ ...world.context("file"), folder: join(folder, "checkpoints"), now: () => Date.now() })
    .pipe(Effect.provide(services))

export const received = ({ published }: World) => published.flatMap(({ messages }) => messages)
export const receivesUpTo = (world: World, count: number) =>
  Effect.promise(() =>
    waitFor(
      () => received(world),
      (all) => all.length >= count,
      { what: `${count} records` }
    )
  )
export const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `record ${from + i} — ü 漢字 "q"`)
export const textOf = (lines: ReadonlyArray<string>) => lines.map((line) => `${line}\n`).join("")
export const metric = (world: World, line: string) =>
  Effect.promise(() =>
    waitFor(
      () => world.metrics.registry.metrics(),
      (text) => text.includes(line)
    )
  )
