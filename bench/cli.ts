// CLI: what a command costs until it has said its first word, from the bundle and from the sources.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { median } from "./instruments/percentiles.ts"
import { cpuSecondsOfEnded } from "./instruments/process-usage.ts"
import type { Question, Table } from "./instruments/report.ts"
import { Children } from "./stand/children.ts"
import { bundleOf, repository, startWhole } from "./stand/whole.ts"

const rounds = 10

interface Cost {
  /** Milliseconds of CPU of the process and all it started and waited for, on average. */
  readonly cpuMillis: number
  /** Milliseconds until the first byte of its output, median. */
  readonly firstByteMillis: number
}

const firstByteOf = async (command: ReadonlyArray<string>): Promise<number> => {
  const began = performance.now()
  const child = spawn(process.execPath, command, { cwd: repository, stdio: ["ignore", "pipe", "inherit"] })
  let first: number | undefined
  child.stdout.on("data", () => {
    first ??= performance.now() - began
  })
  const [code] = await once(child, "close")
  if (code !== 0 || first === undefined) throw new Error(`node ${command.join(" ")} ended with code ${code}`)
  return first
}

const costOf = async (command: ReadonlyArray<string>): Promise<Cost> => {
  // The first one finds cold caches, and may have to make the bundle.
  await firstByteOf(command)
  const before = cpuSecondsOfEnded()
  const millis: Array<number> = []
  for (let round = 0; round < rounds; round++) millis.push(await firstByteOf(command))
  return { cpuMillis: ((cpuSecondsOfEnded() - before) / rounds) * 1_000, firstByteMillis: median(millis) }
}

/** Waits until what was sent can be found, so that a query has something to print. */
const sendAndFind = async (collector: string, api: string): Promise<void> => {
  await fetch(`${collector}/ingest`, { method: "POST", body: JSON.stringify({ level: "error", msg: "to be found" }) })
  for (;;) {
    const answer = await fetch(`${api}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: `{ logs(query: "found", first: 1) { totalCount } }` })
    })
    if ((await answer.text()).includes(`"totalCount":1`)) return
  }
}

const answer = async () => {
  const folder = await mkdtemp(join(tmpdir(), "tailrace-bench-"))
  const children = new Children(folder)
  try {
    const { api, collector } = await startWhole(children, folder)
    await sendAndFind(collector, api)
    const commands = [["--version"], ["--help"], ["explain", "level:error"], ["query", "found", "--api", api]]
    const ways = {
      "from the bundle": [await bundleOf("tailrace")],
      "from the bundle, found by the bootstrap": ["scripts/bootstrap.mjs", "tailrace"],
      "from the sources": ["apps/tailrace/src/main.ts"]
    }
    const rows: Array<ReadonlyArray<string>> = []
    for (const [way, start] of Object.entries(ways))
      for (const command of commands) {
        const { cpuMillis, firstByteMillis } = await costOf([...start, ...command])
        rows.push([`${command[0]}, ${way}`, cpuMillis.toFixed(0), firstByteMillis.toFixed(0)])
      }
    const idle = await costOf(["-e", "console.log()"])
    rows.push(["node that prints an empty line", idle.cpuMillis.toFixed(0), idle.firstByteMillis.toFixed(0)])
    const table: Table = {
      caption: `Milliseconds of a command of the CLI, over ${rounds} runs`,
      columns: ["command", "CPU", "first byte, median"],
      rows
    }
    return { tables: [table], notes: [note] }
  } finally {
    await children.stop()
  }
}

const note =
  "CPU is of all processes of a command, from start to end; the first byte depends on what else the machine does, and the last row tells how much that was: less than 30 on a quiet one. The query is answered by a system that runs beside it. The bootstrap is what `npm run tailrace` runs: it compares the contents of every source with those the bundle was made of."

export const cli: Question = { name: "cli", asks: "What does a command cost until it answers?", answer }
