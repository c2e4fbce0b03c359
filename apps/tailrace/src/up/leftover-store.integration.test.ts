// Leftover store: what a start waits for and what it does not.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { awaitLeftoverStore } from "./leftover-store.ts"

const folder = mkdtempSync(join(tmpdir(), "tailrace-leftover-"))
beforeEach(() => mkdirSync(folder, { recursive: true }))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe.skipIf(!existsSync("/proc/self"))("a start after a kill (skipped without /proc)", () => {
  it("waits for the store front that still closes, and for no other process of that id", async () => {
    await Effect.runPromise(awaitLeftoverStore(folder))
    writeFileSync(join(folder, "status"), `PID: ${process.pid}\nStarted at: now\n`)
    await Effect.runPromise(awaitLeftoverStore(folder))

    const front = spawn(process.execPath, ["-e", "console.log(1); process.stdin.resume()", "store-front/src/main.ts"])
    await once(front.stdout, "data")
    writeFileSync(join(folder, "status"), `PID: ${front.pid}\nStarted at: now\n`)
    const ended = once(front, "exit").then(() => "front")
    const waited = Effect.runPromise(awaitLeftoverStore(folder)).then(() => "wait")
    // Two looks of the wait at least pass before the front is told to end.
    const first = await Promise.race([waited, Effect.runPromise(Effect.delay(Effect.succeed("neither"), "60 millis"))])
    expect(first).toBe("neither")
    front.stdin.end()
    expect(await ended).toBe("front")
    expect(await waited).toBe("wait")
  })

  it("ends a store front that does not close in time, unless somebody runs it by itself", async () => {
    const wait = () => Effect.runPromise(awaitLeftoverStore(folder, 100))
    const fronts = [["store-front/src/main.ts"], ["store-front/src/main.ts", "--options", "x.json"]].map((given) =>
      spawn(process.execPath, ["-e", "console.log(1); setInterval(() => undefined, 1000)", ...given])
    )
    const [child, own] = fronts as [(typeof fronts)[0], (typeof fronts)[0]]
    const ended = once(child, "exit")
    for (const front of fronts) {
      await once(front.stdout, "data")
      writeFileSync(join(folder, "status"), `PID: ${front.pid}\nStarted at: now\n`)
      await wait()
    }
    expect(await ended).toEqual([null, "SIGKILL"])
    expect(own.exitCode ?? own.signalCode).toBe(null)
    own.kill("SIGKILL")
  })
})
