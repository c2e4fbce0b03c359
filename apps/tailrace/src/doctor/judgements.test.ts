// Tests of the doctor's judgements: what it makes of facts about machine, broker, store and pipelines.
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { PartitionState, PipelineState } from "@tailrace/domain/pipeline-state"
import type { StreamFacts } from "@tailrace/streams/survey"
import { describe, expect, it } from "vitest"
import { judgeDurability, judgeSettings, judgeStream, type Varz } from "./broker.ts"
import { judgeClock, skewOf } from "./clocks.ts"
import { judgeCollector } from "./collector.ts"
import type { Finding } from "./finding.ts"
import { judgeDataFolder, judgeNatsServer, judgeNode, judgeOpenFiles, judgeWatches } from "./machine.ts"
import { judgePipelines } from "./pipelines.ts"
import { judgeFsync, priceOf, probeFsync } from "./probes.ts"
import { reportLines } from "./report.ts"
import { judgeConfinement, judgeMigrations, judgeStore } from "./store.ts"

const seen = (findings: ReadonlyArray<Finding>) => findings.map(({ name, status }) => `${status} ${name}`)

const varz = (config: Record<string, unknown> | undefined): Varz => ({
  version: "2.15.1",
  now: "2026-01-01T00:00:00Z",
  max_payload: 8_388_608,
  ...(config === undefined ? {} : { jetstream: { config: { max_storage: 100, ...config }, stats: { storage: 10 } } })
})

const raw: StreamFacts = {
  name: "raw",
  replicas: 1,
  storage: "file",
  discard: "new",
  duplicateWindowMillis: 120_000,
  maxBytes: 1_000,
  bytes: 10,
  messages: 3,
  firstSequence: 1,
  lastSequence: 3,
  partitions: 2,
  consumers: []
}
const defined = { name: "raw", discard: "new", duplicateWindowMillis: 120_000 }

const partition = (number: number, change: Partial<PartitionState> = {}): PartitionState => ({
  partition: number,
  status: "running",
  reason: "",
  version: "default@00000000",
  restarts: 0,
  committedSequence: 9,
  lagMessages: 0,
  lagMillis: 0,
  recordsPerSecond: 5,
  stages: [],
  rules: [],
  sinks: [],
  ...change
})
const processor = (...partitions: ReadonlyArray<PartitionState>): PipelineState => ({
  instance: "one",
  version: "default@00000000",
  loadedAt: 0,
  reload: null,
  pipeline: "default",
  placement: "fused",
  at: 0,
  partitions
})

describe("the doctor's judgement of the broker", () => {
  it("reads the durability from the broker itself, and warns when it is less than wished for", () => {
    const always = judgeDurability(varz({ sync_always: true, sync_interval: 120e9 }), raw, "fsync")
    expect(always).toMatchObject({ level: "fsync", finding: { status: "ok" } })
    const memory = judgeDurability(varz({ sync_interval: 120e9 }), raw, "fsync")
    expect(memory).toMatchObject({ level: "memory", finding: { status: "warn" } })
    expect(memory.finding.meaning).toContain("power failure")
    expect(judgeDurability(varz({ sync_interval: 120e9 }), raw, "memory").finding.status).toBe("ok")
    const copies = judgeDurability(varz({ sync_interval: 120e9 }), { ...raw, replicas: 3 }, "fsync")
    expect(copies).toMatchObject({ level: "replicated", finding: { status: "warn" } })
    expect(judgeDurability(undefined, raw, "fsync")).toMatchObject({ level: undefined, finding: { status: "warn" } })
  })

  it("finds JetStream off, a full storage and small messages", () => {
    expect(seen(judgeSettings(varz(undefined)))).toContain("fail jetstream")
    const small = { ...varz({ max_storage: 11 }), max_payload: 1_048_576 }
    expect(seen(judgeSettings(small))).toEqual(["ok version", "warn storage", "warn largest message"])
  })

  it("finds streams that are missing, full, or set so that acknowledged frames can be lost", () => {
    expect(seen(judgeStream({ defined, found: undefined }))).toEqual(["fail stream raw"])
    expect(seen(judgeStream({ defined, found: raw }))).toEqual(["ok stream raw"])
    expect(seen(judgeStream({ defined, found: { ...raw, discard: "old" } }))).toEqual(["fail stream raw"])
    expect(seen(judgeStream({ defined, found: { ...raw, bytes: 990 } }))).toEqual(["warn stream raw"])
    expect(seen(judgeStream({ defined, found: { ...raw, duplicateWindowMillis: 1 } }))).toEqual(["warn stream raw"])
  })

  it("finds consumers that nobody reads and that are not let go on", () => {
    const consumer = { name: "pipeline-0", pending: 5, unacknowledged: 0, mostUnacknowledged: 8, waiting: 0, floor: 1 }
    const of = (change: Partial<typeof consumer>) =>
      judgeStream({ defined, found: { ...raw, consumers: [{ ...consumer, ...change }] } })[1]
    expect(of({})).toMatchObject({ status: "warn", seen: "5 waiting, 0 under way, nobody reads" })
    expect(of({ waiting: 1 })?.status).toBe("ok")
    expect(of({ unacknowledged: 8 })).toMatchObject({ status: "warn" })
  })
})

describe("the doctor's judgement of the rest", () => {
  it("takes for skew only what the way of the question cannot explain", () => {
    expect(skewOf({ theirs: 105, asked: 100, answered: 110 })).toBe(0)
    expect(skewOf({ theirs: 90, asked: 100, answered: 110 })).toBe(-10)
    const status = (theirs: number) => judgeClock("store", { theirs, asked: 0, answered: 10 }).status
    expect([status(5), status(2_500), status(-3_600_000)]).toEqual(["ok", "warn", "fail"])
  })

  it("finds a store without room, with many parts, without fsync, and with another schema", () => {
    const gibibyte = 1_073_741_824
    const facts = {
      version: "26.7",
      nowMillis: 0,
      uptimeSeconds: 1,
      disks: [{ name: "default", freeBytes: 100 * gibibyte, totalBytes: 200 * gibibyte }],
      mostParts: { table: "logs", parts: 12 },
      merges: 1,
      longestMergeSeconds: 3,
      unsynced: []
    }
    expect(judgeStore(facts).every(({ status }) => status === "ok")).toBe(true)
    const bad = judgeStore({
      ...facts,
      disks: [{ name: "default", freeBytes: gibibyte / 2, totalBytes: gibibyte }],
      mostParts: { table: "logs", parts: 1_500 },
      longestMergeSeconds: 5_000,
      unsynced: ["logs"]
    })
    expect(seen(bad)).toEqual(["ok version", "fail disk default", "fail parts", "warn merges", "warn fsync"])
    expect(seen(judgeMigrations([{ name: "0001_a.sql", state: "applied" }]))).toEqual(["ok schema"])
    expect(judgeMigrations([{ name: "0001_a.sql", state: "changed" }])[0]?.status).toBe("fail")
    expect(judgeMigrations([{ name: "0002_b.sql", state: "pending" }])[0]?.status).toBe("warn")
  })

  it("warns of a store that the system does not confine, and says why", () => {
    expect(judgeConfinement("confined: Landlock 7: files")).toMatchObject({ status: "ok" })
    const open = judgeConfinement("not confined by the system: no Landlock in this kernel")
    expect(open).toMatchObject({ status: "warn", seen: expect.stringContaining("no Landlock in this kernel") })
  })

  it("finds partitions that nobody runs, that hold, and that lag", () => {
    expect(seen(judgePipelines([], 1))).toEqual(["fail processors"])
    expect(seen(judgePipelines([processor(partition(0))], 2))).toEqual([
      "ok processors",
      "fail partition 1",
      "ok partition 0"
    ])
    const holding = processor(partition(0, { status: "holding", reason: "disk full" }))
    expect(judgePipelines([holding], 1)[1]).toMatchObject({ status: "fail", seen: "holding: disk full" })
    expect(judgePipelines([processor(partition(0, { lagMillis: 60_000 }))], 1)[1]?.status).toBe("warn")
  })

  it("takes the owner's word for a partition that others wait for, and finds one without an owner", () => {
    const standby = processor(partition(0, { status: "standby" }))
    for (const states of [
      [processor(partition(0)), standby],
      [standby, processor(partition(0))]
    ])
      expect(judgePipelines(states, 1)[1]).toMatchObject({ status: "ok", seen: expect.stringMatching(/1 more would/) })
    expect(judgePipelines([standby], 1)[1]).toMatchObject({ status: "fail", seen: "1 wait to take over, none owns it" })
  })

  it("finds a spool that waits or was damaged, and records that are unaccounted for", () => {
    const page = (frames: number, missing: number, unaccounted: number) =>
      `# TYPE tailrace_spool_frames gauge\ntailrace_spool_frames ${frames}\ntailrace_spool_bytes 2048\n` +
      `tailrace_spool_missing_frames_total ${missing}\ntailrace_ledger_unaccounted_records{partition="0"} 0\n` +
      `tailrace_ledger_unaccounted_records{partition="1"} ${unaccounted}\n`
    expect(seen(judgeCollector(page(0, 0, 0)))).toEqual(["ok spool", "ok ledger"])
    const bad = judgeCollector(page(3, 2, 7))
    expect(seen(bad)).toEqual(["warn spool", "fail spool damage", "fail ledger"])
    expect(bad[0]?.seen).toBe("3 frames, 2.0 KiB")
    expect(judgeCollector("something else")).toEqual([])
  })

  it("finds a sink whose breaker is open", () => {
    const sink = { name: "clickhouse", state: "open", failures: 4, reason: "disk full", since: 0 } as const
    expect(judgePipelines([processor(partition(0, { sinks: [sink] }))], 1)[2]).toMatchObject({
      status: "fail",
      name: "partition 0, sink clickhouse",
      seen: "breaker open after 4 failures: disk full"
    })
  })

  it("tells of each breaker what waits for it, and what does not", () => {
    const meaningOf = (name: string) => {
      const sink = { name, state: "open", failures: 4, reason: "no such table", since: 0 } as const
      return judgePipelines([processor(partition(0, { sinks: [sink] }))], 1)[2]?.meaning
    }
    expect(meaningOf("findings")).toContain("records are stored")
    expect(meaningOf("clickhouse")).toContain("so do sinks that show what is stored")
    expect(meaningOf("dead-letters")).toContain("waits")
  })

  it("misses no nats-server where a broker runs", () => {
    expect(judgeNatsServer({ problem: "none" }, false)).toMatchObject({ status: "ok" })
    expect(judgeNatsServer({ problem: "none" }, true)).toMatchObject({ status: "fail", seen: "none" })
    expect(judgeNatsServer({ program: "/usr/bin/nats-server" }, true)).toMatchObject({ status: "ok" })
  })

  it("warns of a broker with holes that are known", () => {
    const versions = ["2.9.25", "2.11.10", "2.12.5", "2.12.6", "2.13.0", "2.15.1", "3.0.0", "none"]
    const judged = versions.map((version) => judgeSettings({ ...varz({}), version })[0]?.status)
    expect(judged).toEqual(["warn", "warn", "warn", "ok", "ok", "ok", "ok", "warn"])
  })

  it("finds few open files, few watches, an old Node and a folder open to others", () => {
    expect(judgeOpenFiles("Max open files            1024                 4096                 files").status).toBe(
      "warn"
    )
    expect(judgeOpenFiles("").status).toBe("ok")
    expect(judgeWatches("128", "4").status).toBe("warn")
    expect([judgeNode("26.1.0", "26").status, judgeNode("24.1.0", "26").status]).toEqual(["ok", "fail"])
    const root = mkdtempSync(join(tmpdir(), "tailrace-doctor-"))
    try {
      expect(judgeDataFolder({ root, holder: 12 })[0]).toMatchObject({
        status: "ok",
        seen: `${root}, in use by process 12`
      })
      expect(judgeDataFolder({ root: "/", holder: undefined })[0]?.status).not.toBe("ok")
      expect(judgeDataFolder({ root: join(root, "a", "b"), holder: undefined })[0]?.status).toBe("ok")
    } finally {
      rmSync(root, { recursive: true })
    }
  })

  it("measures fsync in a folder and leaves nothing there, and calls a slow one slow", () => {
    const folder = mkdtempSync(join(tmpdir(), "tailrace-doctor-"))
    const price = probeFsync(folder)
    expect(price.count).toBeGreaterThan(0)
    expect(price.p99Millis).toBeGreaterThanOrEqual(price.medianMillis)
    expect(readdirSync(folder)).toEqual([])
    rmSync(folder, { recursive: true })
    expect(judgeFsync(priceOf("fsync", [30, 30, 31])).status).toBe("warn")
  })

  it("prints what is wrong with its meaning and what to do, and escapes what others wrote", () => {
    const finding: Finding = {
      area: "broker",
      name: "x",
      status: "fail",
      seen: "a\u001b[2J",
      meaning: "m",
      advice: "d"
    }
    const text = reportLines([finding], "fsync", (_, words) => words).join("\n")
    expect(text).toContain("  fail  x: a\\e[2J\n        m\n        to do: d")
    expect(text).toContain("fsync (now): acknowledged once it is on the disk")
    expect(text).toContain("0 ok, 0 to look at, 1 wrong")
  })
})
