// End to end: `tailrace up` with records on standard output, whose reader goes away.
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { waitFor } from "@tailrace/testing/wait-until"
import { afterAll, beforeAll, expect, it } from "vitest"
import { RunningTailrace } from "./running-tailrace.harness.ts"

let running: RunningTailrace

beforeAll(async () => {
  running = await RunningTailrace.start((folder) => {
    const file = join(folder, "shown.yaml")
    writeFileSync(file, "name: shown\nsinks: [{ type: clickhouse }, { type: live }, { type: stdout }]\n")
    return ["--pipeline", file]
  })
})
afterAll(() => running.remove())

const send = async (msg: string): Promise<void> => {
  const answer = await fetch(`${running.collector}/ingest/app`, { method: "POST", body: JSON.stringify({ msg }) })
  expect(answer.status).toBe(202)
}

it("shows what is stored, and goes on storing when nobody looks any more", async () => {
  await send("seen")
  await waitFor(
    () => running.output,
    (output) => output.includes('"body":"seen"'),
    { what: "the record on standard output" }
  )
  const pid = running.mainPid()
  running.stopReading()
  for (let i = 1; i <= 3; i++) {
    await send("unseen")
    await running.untilCount("unseen", i)
  }
  expect(running.mainPid()).toBe(pid)
})
