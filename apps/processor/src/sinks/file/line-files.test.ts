// Tests of the files of the sink file: each record once, whatever happened in between.
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { LogBatch } from "@tailrace/domain/log-batch"
import { Effect } from "effect"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { OpenOwnPaceSink } from "../../outputs/own-pace-sink.ts"
import type { SinkError } from "../../outputs/sink-error.ts"
import { openLineFiles } from "./line-files.ts"

let folder = ""
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tailrace-lines-"))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const batchOf = (sequence: number, body = `record ${sequence}`) => {
  const batch = LogBatch.make({ partition: 0 })
  batch.beginFrame({ sequence, tenant: "default", source: "shop", receivedMillis: 0 })
  batch.appendRecord({ body })
  return batch
}

interface Limits {
  readonly maxBytes?: number
  readonly keep?: number
}

/** One life of the sink. */
const life = <A>(work: (sink: OpenOwnPaceSink) => Effect.Effect<A, SinkError>, limits: Limits = {}) =>
  openLineFiles({ folder, name: "file-0", maxBytes: 1_000_000, ...limits }).pipe(
    Effect.flatMap(work),
    Effect.scoped,
    Effect.runPromise
  )

const write = (sink: OpenOwnPaceSink, sequence: number, body?: string) =>
  sink.write(batchOf(sequence, body), { sequence, row: 0 })

const files = () => readdirSync(folder).filter((name) => name.endsWith(".ndjson"))
const bodies = () =>
  files().flatMap((name) =>
    readFileSync(join(folder, name), "utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line).body)
  )
const first = () => join(folder, "file-0-0000000001.ndjson")

describe("the files of a partition", () => {
  it("hold a line for each record, and say in the next life which was the last", async () => {
    expect(await life((sink) => Effect.sync(sink.held.bind(sink)))).toBe(undefined)
    await life((sink) => Effect.andThen(write(sink, 3), write(sink, 5)))
    expect(await life((sink) => Effect.sync(() => sink.held()))).toMatchObject({ sequence: 5, row: 0 })
    await life((sink) => write(sink, 8))
    expect(bodies()).toEqual(["record 3", "record 5", "record 8"])
  })

  it("are for their user alone", async () => {
    await life((sink) => write(sink, 1))
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
  })

  it("lose what a crash left behind the kept place, which comes again", async () => {
    await life((sink) => write(sink, 1))
    appendFileSync(first(), '{"body":"record 2"}\n'.repeat(100))
    await life((sink) => write(sink, 2))
    expect(bodies()).toEqual(["record 1", "record 2"])
  })

  it("begin the next file when one is full, and keep so many", async () => {
    await life((sink) => Effect.forEach([1, 2, 3, 4, 5], (sequence) => write(sink, sequence)), {
      maxBytes: 400,
      keep: 2
    })
    expect(files().length).toBe(2)
    expect(bodies().at(-1)).toBe("record 5")
    for (const name of files()) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(400)
  })

  it("go on in the next file where somebody has made one shorter or taken it away", async () => {
    await life((sink) => write(sink, 1))
    truncateSync(first(), 10)
    await life((sink) =>
      Effect.gen(function* () {
        yield* write(sink, 2)
        rmSync(join(folder, "file-0-0000000002.ndjson"))
        yield* write(sink, 3)
      })
    )
    expect(files()).toEqual(["file-0-0000000001.ndjson", "file-0-0000000003.ndjson"])
    expect(readFileSync(join(folder, "file-0-0000000003.ndjson"), "utf8")).toContain("record 3")
  })

  it("are not written through a link, nor where the kept place is something else", async () => {
    await life((sink) => write(sink, 1))
    rmSync(first())
    const elsewhere = join(folder, "elsewhere")
    writeFileSync(elsewhere, "precious")
    symlinkSync(elsewhere, first())
    const error = await life((sink) => write(sink, 1)).then(
      () => undefined,
      (cause: SinkError) => cause
    )
    expect(error?.consequence).toBe("hold")
    expect(readFileSync(elsewhere, "utf8")).toBe("precious")
    rmSync(first())
    writeFileSync(join(folder, "file-0.offset"), "{}")
    await expect(life((sink) => write(sink, 1))).rejects.toMatchObject({ consequence: "hold" })
  })
})
