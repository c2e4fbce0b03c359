// The store front as its parent sees it: start, death, restart, refusal, and the end.
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, readdirSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { request } from "node:http"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { rowsOf, startFront, type TestFront, temporaryFolder } from "@tailrace/store/front/front.harness"
import { waitFor } from "@tailrace/testing/wait-until"
import { afterEach, expect, test } from "vitest"

const cleanups: Array<() => Promise<unknown>> = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const open = async (options: Parameters<typeof startFront>[0] = {}): Promise<TestFront> => {
  const spoolDir = await mkdtemp(join(tmpdir(), "tailrace-front-spool-"))
  cleanups.push(() => rm(spoolDir, { recursive: true, force: true }))
  const front = await startFront({ spoolDir, ...options })
  cleanups.push(front.remove)
  return front
}

const alive = (pid: number | undefined): boolean => {
  try {
    return pid !== undefined && process.kill(pid, 0)
  } catch {
    return false
  }
}

test("after kill -9 it comes back on the same port with all that was acknowledged", async () => {
  const states: Array<string> = []
  const spoolDir = await mkdtemp(join(tmpdir(), "tailrace-front-spool-"))
  cleanups.push(() => rm(spoolDir, { recursive: true, force: true }))
  const health = { live: (reason = "") => states.push(reason), ready: () => states.push("ready") }
  const { front, client } = await open({ spoolDir, health, backOffMillis: 10 })
  await client.command({ query: "CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a" })
  await client.insert({ table: "t", values: [{ a: 1 }, { a: 2 }], format: "JSONEachRow" })
  const first = front.pid() as number
  process.kill(first, "SIGKILL")
  await waitFor(front.restarts, (n) => n === 1, { what: "the restart", timeoutMillis: 20_000 })
  expect(front.pid()).not.toBe(first)
  expect(await rowsOf(client, "SELECT a FROM t ORDER BY a")).toEqual([{ a: 1 }, { a: 2 }])
  expect(states).toEqual(["ready", "store front was ended by SIGKILL, starting it again", "ready"])
  // The folder of the dead process went when its successor came.
  expect(readdirSync(spoolDir)).toHaveLength(1)
})

test("without its folder, which somebody has removed, it could answer nothing, and is started again", async () => {
  const spoolDir = await mkdtemp(join(tmpdir(), "tailrace-front-spool-"))
  cleanups.push(() => rm(spoolDir, { recursive: true, force: true }))
  const { client, front } = await open({ spoolDir, backOffMillis: 10 })
  await client.command({ query: "CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a" })
  for (const name of readdirSync(spoolDir)) await rm(join(spoolDir, name), { recursive: true })
  await waitFor(front.restarts, (n) => n === 1, { what: "the restart", timeoutMillis: 20_000 })
  await client.insert({ table: "t", values: [{ a: 1 }], format: "JSONEachRow" })
  expect(await rowsOf(client, "SELECT a FROM t")).toEqual([{ a: 1 }])
})

test("a second front on the same data folder is refused in one sentence, and the first goes on", async () => {
  const { dataDir, client, front } = await open()
  await expect(startFront({ dataDir })).rejects.toMatchObject({
    _tag: "FrontError",
    reason: "data-in-use",
    message: `store front: another process (${front.pid()}) holds the data folder ${dataDir}, stop it or choose another folder: one process per data folder`
  })
  expect(await rowsOf(client, "SELECT 1 AS a")).toEqual([{ a: 1 }])
})

test("a port that is taken is one clear error", async () => {
  const other = createServer()
  await new Promise<void>((done) => other.listen(0, "127.0.0.1", done))
  cleanups.push(() => new Promise((done) => other.close(done)))
  const { port } = other.address() as { port: number }
  const dataDir = await temporaryFolder()
  cleanups.push(() => rm(dataDir, { recursive: true, force: true }))
  await expect(startFront({ dataDir, port })).rejects.toMatchObject({
    reason: "port-taken",
    message: `store front: port ${port} on 127.0.0.1 is taken, stop what listens there or choose another`
  })
})

test("a user without a password is let in from this machine alone, and only where that is wanted", async () => {
  const dataDir = await temporaryFolder()
  cleanups.push(() => rm(dataDir, { recursive: true, force: true }))
  await expect(startFront({ dataDir, host: "0.0.0.0" })).rejects.toMatchObject({ reason: "invalid" })
  await expect(startFront({ dataDir, open: false })).rejects.toMatchObject({
    reason: "invalid",
    message: expect.stringContaining("user default has no password")
  })
})

test("it ends in order while queries run, and leaves no file behind", async () => {
  const spoolDir = await mkdtemp(join(tmpdir(), "tailrace-front-spool-"))
  cleanups.push(() => rm(spoolDir, { recursive: true, force: true }))
  const { front, client, dataDir, stop } = await startFront({ spoolDir, closeMillis: 10_000 })
  cleanups.push(() => rm(dataDir, { recursive: true, force: true }))
  const pid = front.pid()
  const query = "SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 4"
  const long = rowsOf(client, query).catch((error: unknown) => error)
  await waitFor(
    () => rowsOf<{ n: string }>(client, "SELECT count() AS n FROM system.processes"),
    (rows) => Number(rows[0]?.n) > 1,
    { what: "the long query running" }
  )
  const stopping = stop()
  expect(await long).toBeInstanceOf(Error)
  await stopping
  expect([alive(pid), readdirSync(spoolDir)]).toEqual([false, []])
})

test("it does not outlive a parent that is killed", async () => {
  const dataDir = await temporaryFolder()
  cleanups.push(() => rm(dataDir, { recursive: true, force: true }))
  const script = `
    import { Effect } from "effect"
    import { spawnFront } from "@tailrace/store/front/spawn"
    const started = Effect.tap(spawnFront({ dataDir: ${JSON.stringify(dataDir)}, port: 0, open: true }), (front) =>
      Effect.sync(() => console.log(front.pid())))
    await Effect.runPromise(Effect.scoped(Effect.andThen(started, Effect.never)))`
  const parent: ChildProcess = spawn(process.execPath, ["--input-type=module", "-e", script], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"]
  })
  cleanups.push(async () => parent.kill("SIGKILL"))
  const child = await new Promise<number>((done) => parent.stdout?.once("data", (text) => done(Number(text))))
  expect(alive(child)).toBe(true)
  parent.kill("SIGKILL")
  await waitFor(
    () => alive(child),
    (yes) => !yes,
    { what: "the front gone", timeoutMillis: 15_000 }
  )
  expect(existsSync(dataDir)).toBe(true)
})

test("beyond the running and the waiting ones a request is told to come back", async () => {
  const { front, client } = await open({ running: 1, waiting: 1 })
  const abort = new AbortController()
  const query = "SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 5"
  const refusals: Array<string | null> = []
  const ask = async () => {
    const answer = await fetch(front.url, { method: "POST", body: query, signal: abort.signal }).catch(() => undefined)
    if (answer?.status === 503) refusals.push(answer.headers.get("retry-after"))
  }
  const busy = [ask(), ask(), ask(), ask()]
  await waitFor(
    () => refusals,
    (all) => all.length === 2,
    { what: "two of four refused" }
  )
  expect(refusals).toEqual(["1", "1"])
  abort.abort()
  await Promise.all(busy)
  await waitFor(
    () => rowsOf(client, "SELECT 1 AS a").catch(() => []),
    (rows) => rows.length === 1
  )
})

test("a client that stops reading is dropped, and its query with it", async () => {
  const { front, client } = await open({ stallSeconds: 1 })
  const others = async () => {
    const rows = await rowsOf<{ n: string }>(
      client,
      "SELECT count() AS n FROM system.processes WHERE query LIKE '%stall%'"
    )
    return Number(rows[0]?.n) - 1
  }
  const call = request({
    port: front.port,
    path: `/?query=${encodeURIComponent("SELECT repeat('stall', 100) FROM numbers(1000000000)")}`
  })
  call.on("error", () => undefined)
  call.on("response", (response) => response.pause())
  call.end()
  await waitFor(others, (n) => n === 1, { what: "the query running" })
  await waitFor(others, (n) => n === 0, { what: "the query gone" })
  call.destroy()
})
