// End to end: the durability dial of `tailrace up`, and what `tailrace doctor` says of a running system and of a machine.
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freePort } from "@tailrace/testing/free-port"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { RunningTailrace, tailrace } from "./running-tailrace.harness.ts"

interface Report {
  readonly ok: boolean
  readonly durability: string | null
  readonly prices: ReadonlyArray<{ readonly name: string; readonly count: number; readonly medianMillis: number }>
  readonly findings: ReadonlyArray<{ readonly area: string; readonly name: string; readonly status: string }>
}

let running: RunningTailrace
let monitorPort: number
const folder = mkdtempSync(join(tmpdir(), "tailrace-doctor-"))

beforeAll(async () => {
  monitorPort = await freePort()
  running = await RunningTailrace.start(() => ["--durability", "memory", "--nats-monitor-port", String(monitorPort)])
})
afterAll(async () => {
  await running.remove()
  rmSync(folder, { recursive: true, force: true })
})

const portFlags = (): ReadonlyArray<string> => {
  const { api, http, nats, store, syslog } = running.ports
  const ports = { api, http, syslog, nats, store }
  return Object.entries(ports).flatMap(([name, port]) => [`--${name}-port`, String(port)])
}

describe("tailrace doctor", () => {
  it("finds a running system well, with the durability its broker really has and what that costs", async () => {
    const varz = (await (await fetch(`http://127.0.0.1:${monitorPort}/varz`)).json()) as {
      readonly jetstream: { readonly config: { readonly sync_interval: number; readonly sync_always?: boolean } }
    }
    expect(varz.jetstream.config.sync_always).toBeUndefined()
    expect(varz.jetstream.config.sync_interval).toBe(120e9)

    const flags = [...portFlags(), "--data", running.data]
    const result = await tailrace(["doctor", ...flags, "--json", "--durability", "memory"])
    const report = JSON.parse(result.out) as Report
    expect(report.findings.filter(({ status }) => status === "fail")).toEqual([])
    expect(result.code).toBe(0)
    expect(report).toMatchObject({ ok: true, durability: "memory" })
    expect(report.prices.map(({ count }) => count > 0)).toEqual([true, true, true])
    const looked = new Set(report.findings.map(({ area, name }) => `${area} ${name}`))
    for (const one of [
      "broker stream raw",
      "broker consumer pipeline-0",
      "broker clock",
      "store schema",
      "store clock",
      "collector spool",
      "collector ledger",
      "api health"
    ])
      expect(looked).toContain(one)
    expect(looked).toContain("pipeline partition 0")

    const text = await tailrace(["doctor", ...flags, "--no-probe"])
    expect(text.code).toBe(0)
    expect(text.out).toMatch(/warn {2}durability: memory \(sync_interval 120\.0 s, 1 copy\), fsync was wished for/)
    expect(text.out).toContain("memory (now): ")
  })

  it("finds a port that is taken on a machine where nothing runs, and ends with 1", async () => {
    const server = createServer()
    const port = await new Promise<number>((resolve) =>
      server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port))
    )
    const flags = ["--data", join(folder, "none"), "--http-port", String(port), "--no-probe", "--json"]
    const result = await tailrace(["doctor", ...flags])
    server.close()
    const report = JSON.parse(result.out) as Report
    expect(result.code).toBe(1)
    expect(report.findings).toContainEqual(
      expect.objectContaining({ status: "fail", area: "ports", name: `http source, tcp ${port}` })
    )
  })
})

describe("tailrace up --durability", () => {
  it("refuses three copies without a cluster", async () => {
    const result = await tailrace(["up", "--data", join(folder, "replicated"), "--durability", "replicated"])
    expect(result.code).toBe(1)
    expect(result.err).toContain("durability replicated needs a cluster of brokers: name one with --nats-url")
  })
})
