// Redaction at the door: secrets are planted in lines of many forms, sent by every way in, and then looked for in every byte on the disk.
import { createSocket } from "node:dgram"
import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs"
import { connect as connectTcp } from "node:net"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { seededRandom } from "@tailrace/domain/seeded-random"
import { linesNaming, linesWith, ownForms, password, tellingNames } from "@tailrace/redact/planted.harness"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { watchedFiles } from "../attacks/still-works.harness.ts"
import { RunningTailrace, tailrace } from "./running-tailrace.harness.ts"

/** So many datagrams no system drops while somebody reads them. */
const mostDatagrams = 200
/** Lines for each way in but datagrams; `TAILRACE_REDACT_SECRETS=100000` plants so many secrets in all. */
const each = Math.ceil(Number(process.env.TAILRACE_REDACT_SECRETS ?? 4_000) / 4)

const secrets: Array<string> = []

/** A line of the next form with a secret that nothing else has; some lines hold line breaks, which ways by line must not have. */
const plant = (random: () => number, number: number): string => {
  const named = Object.values(linesNaming)
  const own = Object.values(linesWith)
  const makers = Object.values(ownForms)
  const at = number % (named.length + own.length)
  const isNamed = at < named.length
  const secret = isNamed
    ? password(random)
    : (makers[number % makers.length] as (random: () => number) => string)(random)
  secrets.push(secret)
  const name = tellingNames[number % tellingNames.length] as string
  const line = isNamed
    ? (named[at] as (name: string, value: string) => string)(name, secret)
    : (own[at - named.length] as (value: string) => string)(secret)
  return line.replaceAll("\n", " ")
}

const random = seededRandom(41)
const lines = (way: string) => Array.from({ length: way === "udp" ? mostDatagrams : each }, (_, i) => plant(random, i))

const ways: Readonly<Record<string, (running: RunningTailrace, all: ReadonlyArray<string>) => Promise<void>>> = {
  http: async ({ collector }, all) => {
    const body = gzipSync(all.map((line) => `${line}\n`).join(""))
    const headers = { "content-type": "text/plain", "content-encoding": "gzip" }
    expect((await fetch(`${collector}/ingest/planted-http`, { method: "POST", headers, body })).status).toBe(202)
  },
  json: async ({ collector }, all) => {
    const body = all.map((msg) => `${JSON.stringify({ msg })}\n`).join("")
    expect((await fetch(`${collector}/ingest/planted-json`, { method: "POST", body })).status).toBe(202)
  },
  tcp: async ({ ports }, all) => {
    const socket = connectTcp(ports.syslog, "127.0.0.1")
    socket.end(all.map((line) => `<165>1 2026-09-21T14:13:20Z web planted 1 - - ${line}\n`).join(""))
    await new Promise((closed) => socket.once("close", closed))
  },
  udp: async ({ ports }, all) => {
    const socket = createSocket("udp4")
    for (const line of all)
      await new Promise((sent) =>
        socket.send(`<165>1 2026-09-21T14:13:20Z web planted 1 - - ${line}`, ports.syslog, "127.0.0.1", sent)
      )
    socket.close()
  },
  file: async ({ folder }, all) => {
    mkdirSync(join(folder, "watched"), { recursive: true })
    appendFileSync(join(folder, "watched", "planted.log"), all.map((line) => `${line}\n`).join(""))
  }
}

const filesUnder = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)

/** Empty for a file that is gone again: parts of tables come and go. */
const contentOf = (file: string): Buffer => {
  try {
    return readFileSync(file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0)
    throw cause
  }
}

/** By so many characters a secret is known wherever it stands, in an address or JSON too. */
const knownBy = 12

/** Beginnings of planted secrets that stand in bytes. */
const foundIn = (bytes: Buffer): ReadonlyArray<string> => {
  const known = new Set(secrets.map((secret) => secret.slice(0, knownBy)))
  const text = bytes.toString("latin1")
  const found: Array<string> = []
  for (let at = 0; at + knownBy <= text.length; at++) {
    const piece = text.slice(at, at + knownBy)
    if (known.has(piece)) found.push(piece)
  }
  return found
}

let running: RunningTailrace

describe("secrets that are sent", () => {
  beforeAll(async () => {
    running = await RunningTailrace.start((folder) => [...watchedFiles(folder), "--redact", "secrets"])
  })
  afterAll(() => running.remove())

  it("lie on no disk, in no log and no answer, and every line is stored", { timeout: 240_000 }, async () => {
    const data = join(running.folder, "data")
    for (const [way, send] of Object.entries(ways)) await send(running, lines(way))
    await running.untilCount("", secrets.length)
    // Parts of columns are compressed, so the rows are asked for as well.
    const columns = ["body", "toString(attributes)", "toString(resource)", "service", "host"].join(", ' ', ")
    const rows = (await running.select<{ all: string }>(`SELECT concat(${columns}) AS all FROM logs`)).map(
      ({ all }) => all
    )
    expect(rows.length).toBe(secrets.length)
    expect(foundIn(Buffer.from(secrets.join("\n"))).length).toBeGreaterThanOrEqual(secrets.length)
    expect(foundIn(Buffer.from(rows.join("\n")))).toEqual([])
    expect(foundIn(Buffer.from(running.output))).toEqual([])
    for (const file of filesUnder(data)) expect(foundIn(contentOf(file)), file).toEqual([])
    const metrics = await (await fetch(`${running.api}/metrics`)).text()
    const counted = [...metrics.matchAll(/^tailrace_collector_redacted_total\{.*\} (\d+)$/gm)]
    expect(counted.reduce((sum, [, count]) => sum + Number(count), 0)).toBeGreaterThanOrEqual(secrets.length)
  })

  it("are shown by `redact --check` with a count, and never as they are", async () => {
    const file = join(running.folder, "watched", "planted.log")
    const { out } = await tailrace(["redact", "--check", "--json", file])
    expect(JSON.parse(out)).toMatchObject({ lines: each, changed: each })
    expect(foundIn(Buffer.from((await tailrace(["redact", file])).out))).toEqual([])
  })
})
