// End to end: what a person is told when it cannot start or is used wrongly; one clear message each.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { tailrace } from "./running-tailrace.harness.ts"

const folder = mkdtempSync(join(tmpdir(), "tailrace-bad-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("tailrace", () => {
  it("names a port that is taken and the flag that changes it", async () => {
    const server = createServer()
    const port = await new Promise<number>((resolve) =>
      server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port))
    )
    const result = await tailrace(["up", "--data", join(folder, "a"), "--api-port", String(port)])
    server.close()
    expect(result.code).toBe(1)
    expect(result.err).toContain(`tcp port ${port} for api is already taken: free it or choose another with --api-port`)
  })

  it("names the line of a broken pipeline file", async () => {
    const file = join(folder, "pipeline.yaml")
    writeFileSync(file, "name: broken\nfilter:\n  - type: drop\n    name: noise\n    when: 'level:(debug'\n")
    const result = await tailrace(["up", "--data", join(folder, "b"), "--pipeline", file])
    expect(result.code).not.toBe(0)
    expect(result.err).toContain(file)
    expect(result.err).toMatch(/never closed/)
    const check = await tailrace(["check", file])
    expect(check.code).toBe(2)
    expect(check.err).toMatch(/:5:/)
  })

  it("points at the mistake in a query", async () => {
    const result = await tailrace(["explain", "level:(error"])
    expect(result.code).toBe(2)
    expect(JSON.parse(result.out).diagnostics[0]).toMatchObject({ code: "unclosed_paren", from: 6 })
  })

  it("says that no server answers, and what to do", async () => {
    const result = await tailrace(["query", "x", "--api", "http://127.0.0.1:1"])
    expect(result.code).toBe(3)
    expect(result.err).toContain("no api answers at http://127.0.0.1:1")
    // The variables that `up` goes by say where it is, too.
    const moved = await tailrace(["ledger"], { TAILRACE_API_PORT: "2" })
    expect(moved.err).toContain("no api answers at http://127.0.0.1:2")
  })

  it("says that nats-server is missing, and how to get it", async () => {
    const result = await tailrace(["up", "--data", join(folder, "c")], { PATH: folder, TAILRACE_NATS_SERVER: "" })
    expect(result.code).toBe(1)
    expect(result.err).toContain("nats-server was not found on PATH")
  })

  it("refuses an address that others reach unless it is said to be meant", async () => {
    for (const host of ["0.0.0.0", "::", "192.0.2.1", ""]) {
      const result = await tailrace(["up", "--data", join(folder, "e"), "--host", host])
      expect([host, result.code]).toEqual([host, 2])
      expect(result.err).toContain("ask nobody who they are")
      expect(result.err).toContain("--insecure-open")
    }
  })

  it("refuses a nats-server with holes that are known, wherever it is found", async () => {
    const old = join(folder, "nats-server")
    writeFileSync(old, "#!/bin/sh\necho nats-server: v2.12.5\n", { mode: 0o755 })
    for (const where of [
      { PATH: folder, TAILRACE_NATS_SERVER: "" },
      { PATH: folder, TAILRACE_NATS_SERVER: old }
    ]) {
      const result = await tailrace(["up", "--data", join(folder, "d")], where)
      expect(result.code).toBe(1)
      expect(result.err).toContain(`nats-server 2.12.6 or newer is needed, but there is only ${old}`)
      expect(result.err).toContain("v2.12.5")
    }
  })

  it("generates the same messages for the same seed", async () => {
    const [first, second] = await Promise.all(
      [1, 2].map(() => tailrace(["generate", "-n", "20", "-f", "nginx", "--seed", "7"]))
    )
    const withoutTimes = (text = ""): string => text.replace(/\[[^\]]*\]/g, "")
    expect(first?.out.trim().split("\n").length).toBe(20)
    expect(withoutTimes(first?.out)).toBe(withoutTimes(second?.out))
  })
})
