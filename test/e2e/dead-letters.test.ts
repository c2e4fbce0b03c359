// Dead letters of a running Tailrace: found, shown, edited, replayed and dropped by command line and GraphQL.
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { storeHeaders } from "@tailrace/testing/folder-credentials"
import { waitFor } from "@tailrace/testing/wait-until"
import { afterAll, beforeAll, expect, it } from "vitest"
import { RunningTailrace, tailrace } from "./running-tailrace.harness.ts"

let running: RunningTailrace

beforeAll(async () => {
  running = await RunningTailrace.start()
}, 90_000)
afterAll(() => running.remove())

const command = (...args: ReadonlyArray<string>) => tailrace(["dead-letters", ...args, "--api", running.api])

interface Letter {
  readonly id: string
  readonly preview: string
  readonly state: string
}
const list = async (...flags: ReadonlyArray<string>): Promise<ReadonlyArray<Letter>> => {
  const { code, err, out } = await command("list", "--json", ...flags)
  expect({ code, err }).toEqual({ code: 0, err: "" })
  return out
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

/** Sums of the ledger, once it has received so many. */
const ledgerOf = async (received: number) => {
  const read = () =>
    running.graphql<{ ledger: Record<string, number | boolean> }>(
      "{ ledger { received stored rejected unaccounted balanced } }"
    )
  const seen = await waitFor(read, ({ ledger }) => Number(ledger.received) >= received, {
    what: `a ledger of ${received}`,
    timeoutMillis: 60_000
  })
  return seen.ledger
}

it("sets refused records aside, and takes them in once they are edited and replayed", {
  timeout: 180_000
}, async () => {
  const constraint = "ALTER TABLE logs ADD CONSTRAINT numbers CHECK match(attributes['amount'], '^[0-9]*$')"
  const answer = await fetch(`http://127.0.0.1:${running.ports.store}/?database=tailrace`, {
    method: "POST",
    headers: storeHeaders(running.data),
    body: constraint
  })
  expect(answer.status).toBe(200)
  const lines = Array.from({ length: 50 }, (_, n) => {
    const amount = n === 17 ? "much" : n === 31 ? "\u001b[2Jlittle" : String(n)
    return JSON.stringify({ msg: `order ${n}`, amount })
  })
  const sent = await tailrace(
    ["send", "-", "--source", "shop", "--collector", running.collector],
    `${lines.join("\n")}\n`
  )
  expect(sent.code).toBe(0)
  await running.untilCount("source:shop", 48)
  expect(await ledgerOf(50)).toEqual({ received: 50, stored: 48, rejected: 2, unaccounted: 0, balanced: true })

  const letters = await list("--source", "shop", "--stage", "sink", "--state", "waiting")
  expect(letters.map(({ preview }) => preview).sort()).toEqual([lines[17], lines[31]].sort())
  const much = letters.find(({ preview }) => preview === lines[17]) as Letter
  const little = letters.find(({ preview }) => preview === lines[31]) as Letter

  const raw = await command("show", much.id, "--raw")
  expect(raw.out).toBe(lines[17])
  const { deadLetter } = await running.graphql<{ deadLetter: Record<string, unknown> }>(
    "query ($id: ID!) { deadLetter(id: $id) { reason stage records edited pipelineVersion payload } }",
    { id: much.id }
  )
  expect(deadLetter).toMatchObject({ reason: "refused: VIOLATED_CONSTRAINT", stage: "sink", records: 1, edited: null })
  expect(deadLetter.pipelineVersion).toMatch(/^default@[0-9a-f]{8}$/)
  expect(deadLetter.payload).toBe(Buffer.from(lines[17] as string).toString("base64"))

  const file = join(running.folder, "edited")
  writeFileSync(file, (lines[17] as string).replace("much", "99"))
  expect((await command("edit", much.id, "--input", file)).code).toBe(0)
  const replayed = await command("replay", much.id)
  expect([replayed.code, replayed.out]).toEqual([0, "replayed 1 of 1 dead letters\n"])
  await running.untilCount("amount:99", 1)
  expect(await ledgerOf(51)).toEqual({ received: 51, stored: 49, rejected: 2, unaccounted: 0, balanced: true })

  const again = "mutation ($ids: [ID!]!, $again: Boolean) { replayDeadLetters(ids: $ids, again: $again) { outcome } }"
  const skipped = await running.graphql(again, { ids: [much.id] })
  expect(skipped).toEqual({ replayDeadLetters: [{ outcome: "skipped" }] })
  const forced = await running.graphql(again, { ids: [much.id], again: true })
  expect(forced).toEqual({ replayDeadLetters: [{ outcome: "done" }] })

  const dropped = await running.graphql<{ dropDeadLetters: unknown }>(
    "mutation ($ids: [ID!]!) { dropDeadLetters(ids: $ids) { id outcome } }",
    { ids: [little.id, "default/sink/0-999-0"] }
  )
  expect(dropped.dropDeadLetters).toEqual([
    { id: little.id, outcome: "done" },
    { id: "default/sink/0-999-0", outcome: "missing" }
  ])
  const kept = await running.graphql<{ deadLetters: unknown }>(
    "{ deadLetters(first: 10) { totalCount totalRecords nodes { id state } } }"
  )
  expect(kept.deadLetters).toMatchObject({ totalCount: 2, totalRecords: 2 })
  expect((await list("--state", "dropped")).map(({ id }) => id)).toEqual([little.id])

  // The second replay of the same bytes fell into the stream's duplicate window: nothing came of it.
  const closing = await tailrace(["send", "-", "--source", "shop", "--collector", running.collector], "the end\n")
  expect(closing.code).toBe(0)
  expect(await ledgerOf(52)).toEqual({ received: 52, stored: 50, rejected: 2, unaccounted: 0, balanced: true })
  // Counted from outside: what was refused lies among the dead letters, and nowhere else.
  const ports = [
    "--data",
    running.data,
    "--nats-port",
    String(running.ports.nats),
    "--store-port",
    String(running.ports.store)
  ]
  const check = await tailrace(["ledger", "--check", ...ports])
  expect(JSON.parse(check.out)).toMatchObject({ balanced: true, differences: [], received: 52, rejected: 2, rows: 50 })
  expect(check.code).toBe(0)
})

it("says what is wrong with a request", { timeout: 60_000 }, async () => {
  const nothing = await command("replay")
  expect([nothing.code, nothing.err]).toEqual([2, expect.stringContaining("--all")])
  const odd = await command("show", "seventeen")
  expect(odd.err).toContain("is no dead letter's id")
  const nowhere = await command("list", "--stage", "snk")
  expect([nowhere.code, nowhere.err]).toEqual([2, expect.stringContaining('"sink"')])
})
