// End to end: the pipeline file is changed while everything is killed, and by SIGHUP; every record has one end by one of the versions.
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { waitFor } from "@tailrace/testing/wait-until"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { RunningTailrace } from "./running-tailrace.harness.ts"

const versionWith = (...rules: ReadonlyArray<string>) =>
  `filter: [${rules.map((level) => `{ type: drop, name: no-${level}, when: "severity = ${level}" }`).join(", ")}]\n`
const levels = ["info", "debug", "warn", "error"]

let running: RunningTailrace
let file = ""
let sent = 0

const send = async (requests: number): Promise<void> => {
  for (let i = 0; i < requests; i++) {
    const lines = Array.from({ length: 20 }, () => JSON.stringify({ number: sent, level: levels[sent++ % 4] }))
    const answer = await fetch(`${running.collector}/ingest/numbers`, { method: "POST", body: lines.join("\n") })
    expect(answer.status).toBe(202)
  }
}

interface State {
  readonly pipeline: ReadonlyArray<{
    readonly version: string
    readonly reload: { readonly accepted: boolean; readonly lines: ReadonlyArray<string> } | null
    readonly partitions: ReadonlyArray<{ readonly version: string }>
  }>
}

const settled = (want: (state: State["pipeline"][number]) => boolean) =>
  waitFor(
    () => running.graphql<State>("{ pipeline { version reload { accepted lines } partitions { version } } }"),
    ({ pipeline: [state] }) =>
      state !== undefined && want(state) && state.partitions.every(({ version }) => version === state.version)
  )

beforeAll(async () => {
  running = await RunningTailrace.start((folder) => {
    file = join(folder, "pipeline.yaml")
    writeFileSync(file, versionWith("debug"))
    return ["--pipeline", file]
  })
})
afterAll(() => running.remove())

describe("a pipeline file", { retry: 0 }, () => {
  it("changed while everything is dead takes over behind what was under way", async () => {
    await send(50)
    await running.kill()
    writeFileSync(file, versionWith("warn"))
    await running.up()
    await settled(() => true)
    await send(50)
  })

  it("changed while it runs takes over at once, and SIGHUP does no harm", async () => {
    writeFileSync(file, versionWith("warn", "error"))
    process.kill(running.mainPid() as number, "SIGHUP")
    const { pipeline } = await settled(({ reload }) => reload !== null)
    expect(pipeline[0]?.reload).toEqual({ accepted: true, lines: ['filter "no-error" added'] })
    await send(50)
  })

  it("leaves a ledger that tells of the rows there are", async () => {
    const { ledger } = await waitFor(
      () =>
        running.graphql<{
          ledger: {
            received: number
            stored: number
            dropped: number
            balanced: boolean
            entries: ReadonlyArray<{ droppedBy: Record<string, number> }>
          }
        }>("{ ledger { received stored dropped balanced entries { droppedBy } } }"),
      (seen) => seen.ledger.received >= sent
    )
    expect(ledger).toMatchObject({ received: sent, balanced: true, stored: await running.count("") })
    const droppedBy = (rule: string) => ledger.entries.reduce((sum, entry) => sum + (entry.droppedBy[rule] ?? 0), 0)
    expect(droppedBy("no-debug") + (await running.count("severity = debug"))).toBe(sent / 4)
    expect(droppedBy("no-warn") + (await running.count("severity = warn"))).toBe(sent / 4)
    expect(droppedBy("no-error") + (await running.count("severity = error"))).toBe(sent / 4)
    expect(droppedBy("no-debug")).toBeGreaterThanOrEqual(250)
  })
})
