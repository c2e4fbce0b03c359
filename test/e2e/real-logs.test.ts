// End to end: real logs of nine systems, by `tailrace send` and by a followed file; a row for every line, times and levels as the line has them.
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { waitFor } from "@tailrace/testing/wait-until"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { RunningTailrace, tailrace } from "./running-tailrace.harness.ts"

const data = join(import.meta.dirname, "../../../shared/data")
const systems = ["HDFS", "Hadoop", "Zookeeper", "Linux", "Apache", "OpenSSH", "OpenStack", "Android"]
const files = [
  ...systems.map((name) => ({ name, path: join(data, "loghub/dev", name, `${name}_2k.log`) })),
  { name: "access", path: join(data, "access/apache_logs.log") }
].filter(({ path }) => existsSync(path))

/** Lines that hold anything: what a message is. */
const linesOf = (path: string): number =>
  readFileSync(path, "latin1")
    .split(/\r?\n/)
    .filter((line) => line !== "").length

let running: RunningTailrace

describe.skipIf(files.length === 0)("real logs (skipped without the data folder beside the repository)", () => {
  beforeAll(async () => {
    running = await RunningTailrace.start((folder) => ["--file", join(folder, "watched", "*.log")])
    mkdirSync(join(running.folder, "watched"), { recursive: true })
  }, 120_000)

  afterAll(async () => {
    await running?.remove()
  })

  it.each(files)("$name: a row for every line sent", async ({ name, path }) => {
    const sent = await tailrace(["send", path, "--source", `sent-${name}`, "--collector", running.collector])
    expect(sent.code, sent.err).toBe(0)
    expect(JSON.parse(sent.out)).toMatchObject({ accepted: linesOf(path), rejected: 0 })
    await running.untilCount(`source:sent-${name}`, linesOf(path))
    expect(await running.count(`source:sent-${name}`)).toBe(linesOf(path))
  })

  it("has a row for every line of the same files when they are followed", async () => {
    for (const { name, path } of files) copyFileSync(path, join(running.folder, "watched", `followed-${name}.log`))
    for (const { name, path } of files) await running.untilCount(`source:followed-${name}`, linesOf(path))
    for (const { name, path } of files) expect(await running.count(`source:followed-${name}`), name).toBe(linesOf(path))
  })

  it("has the levels and the time range that the lines have", async () => {
    const hdfs = await running.graphql<{ logs: { nodes: ReadonlyArray<{ timestamp: string; severity: string }> } }>(
      '{ logs(query: "source:sent-HDFS", first: 1) { nodes { timestamp severity } } }'
    )
    const lines = readFileSync(join(data, "loghub/dev/HDFS/HDFS_2k.log"), "utf8").trim().split("\n")
    const last = lines
      .map((line) => line.slice(0, 13))
      .sort()
      .at(-1) as string
    const [, yy, mo, dd, hh, mi, ss] = /^(..)(..)(..) (..)(..)(..)/.exec(last) as unknown as ReadonlyArray<string>
    expect(hdfs.logs.nodes[0]?.timestamp).toBe(`20${yy}-${mo}-${dd}T${hh}:${mi}:${ss}.000Z`)
    for (const level of ["WARN", "INFO"]) {
      const wanted = lines.filter((line) => line.split(" ")[3] === level).length
      expect(await running.count(`source:sent-HDFS severity = ${level}`)).toBe(wanted)
    }
    expect(await running.count("source:sent-access parsed:true")).toBe(10_000)
  })

  it("leaves a ledger that adds up", async () => {
    const total = files.reduce((sum, { path }) => sum + linesOf(path), 0)
    const command = await waitFor(
      () => tailrace(["ledger", "--api", running.api]),
      ({ out }) => out.includes(`${total * 2}`)
    )
    expect(command.code, command.err).toBe(0)
    expect(JSON.parse(command.out)).toMatchObject({ received: total * 2, stored: total * 2, balanced: true })
  })
})
