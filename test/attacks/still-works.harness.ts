// Still works: what every attack ends with: a thousand records by each way in are found once each, and the ledger adds up.
import { createSocket } from "node:dgram"
import { appendFileSync, mkdirSync } from "node:fs"
import { connect as connectTcp } from "node:net"
import { join } from "node:path"
import { connect } from "@nats-io/transport-node"
import { expect } from "vitest"
import { type RunningTailrace, tailrace } from "../e2e/running-tailrace.harness.ts"

const records = 1_000
const numbers = Array.from({ length: records }, (_, i) => i)
const jsonLine = (way: string, i: number): string =>
  `${JSON.stringify({ level: "info", service: "stillworks", msg: `${way} record ${i}`, way, i })}\n`
const syslogLine = (way: string, i: number): string =>
  `<165>1 2026-09-21T14:13:20Z web ${way} ${i} - - ${way} record ${i}`

/** Flags of `up` that the way by file needs. */
export const watchedFiles = (folder: string): ReadonlyArray<string> => ["--file", join(folder, "watched", "*.log")]

const ways: Readonly<Record<string, (running: RunningTailrace) => Promise<void>>> = {
  stillhttp: async ({ collector }) => {
    const body = numbers.map((i) => jsonLine("stillhttp", i)).join("")
    const { status } = await fetch(`${collector}/ingest/stillworks`, { method: "POST", body })
    expect(status).toBe(202)
  },
  stilludp: async ({ ports }) => {
    const socket = createSocket("udp4")
    for (const i of numbers) {
      await new Promise((sent) => socket.send(syslogLine("stilludp", i), ports.syslog, "127.0.0.1", sent))
    }
    socket.close()
  },
  stilltcp: async ({ ports }) => {
    const socket = connectTcp(ports.syslog, "127.0.0.1")
    socket.end(numbers.map((i) => `${syslogLine("stilltcp", i)}\n`).join(""))
    await new Promise((closed) => socket.once("close", closed))
  },
  stillfile: async ({ folder }) => {
    mkdirSync(join(folder, "watched"), { recursive: true })
    appendFileSync(join(folder, "watched", "still.log"), numbers.map((i) => jsonLine("stillfile", i)).join(""))
  },
  stillnats: async ({ ports }) => {
    const nats = await connect({ servers: `127.0.0.1:${ports.nats}` })
    for (const i of numbers) nats.publish("logs.in.default.stillworks", jsonLine("stillnats", i))
    await nats.drain()
  }
}

/** For a system that was started with `watchedFiles`. */
export const expectStillWorks = async (running: RunningTailrace): Promise<void> => {
  for (const [way, send] of Object.entries(ways)) {
    await send(running)
    await running.untilCount(`body:"${way} record"`, records)
    expect(await running.count(`body:"${way} record"`), way).toBe(records)
  }
  const ports = ["--nats-port", String(running.ports.nats), "--store-port", String(running.ports.store)]
  const check = await tailrace(["ledger", "--check", "--data", join(running.folder, "data"), ...ports])
  expect(JSON.parse(check.out)).toMatchObject({ balanced: true, differences: [] })
}
