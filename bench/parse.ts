// Parse: CPU per event from the bytes of a frame into the columns of a batch, by format.

import { LogBatch } from "@tailrace/domain/log-batch"
import { ParseStage } from "@tailrace/processor/parse/parse"
import { ParseConfig } from "@tailrace/processor/parse/parse-config"
import { Schema } from "effect"
import type { Question } from "./instruments/report.ts"

const frameBytes = 65_536
const framesPerBatch = 64
const secondsPerCase = 0.4

/** A small seeded generator (mulberry32), so that every run parses the same bytes. */
const makeRandom = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) % below
  }
}

const random = makeRandom(7)
const pick = <T>(list: ReadonlyArray<T>): T => list[random(list.length)] as T
const levels = ["debug", "info", "info", "info", "warn", "error"]
const services = ["checkout", "payments", "inventory", "gateway", "search", "mailer"]
const messages = ["order placed for customer", "upstream answered late and was retried", "cache entry expired"]
const methods = ["GET", "POST", "PUT"]
const hex = (digits: number): string => Array.from({ length: digits }, () => random(16).toString(16)).join("")

let clock = Date.UTC(2026, 0, 19, 10, 30)
const stamp = (): Date => {
  clock += random(20)
  return new Date(clock)
}
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

const generators: Readonly<Record<string, () => string>> = {
  json: () =>
    JSON.stringify({
      ts: stamp().toISOString(),
      level: pick(levels),
      service: pick(services),
      host: `node-${random(20)}`,
      trace_id: hex(32),
      msg: `${pick(messages)} ${random(100_000)}`,
      status: 200 + random(300),
      duration_ms: random(100_000) / 100,
      method: pick(methods),
      user: `user-${random(10_000)}`
    }),
  logfmt: () =>
    `ts=${stamp().toISOString()} level=${pick(levels)} service=${pick(services)} host=node-${random(20)} trace_id=${hex(32)} ` +
    `msg="${pick(messages)} ${random(100_000)}" status=${200 + random(300)} duration_ms=${random(100_000) / 100} method=${pick(methods)} user=user-${random(10_000)}`,
  clf: () => {
    const time = stamp().toISOString()
    return (
      `10.0.${random(256)}.${random(256)} - user-${random(100)} [${time.slice(8, 10)}/Jan/2026:${time.slice(11, 19)} +0000] ` +
      `"${pick(methods)} /api/v1/${pick(services)}/${random(100_000)} HTTP/1.1" ${200 + random(300)} ${random(100_000)} ` +
      `"https://example.com/${pick(services)}" "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"`
    )
  },
  "syslog 5424": () =>
    `<${8 + random(180)}>1 ${stamp().toISOString()} node-${random(20)}.example.com ${pick(services)} ${random(30_000)} ID${random(50)} ` +
    `[origin@32473 software="tailrace" ip="10.0.0.${random(256)}"] ${pick(messages)} ${random(100_000)} for session ${hex(32)}`,
  "syslog 3164": () => {
    const time = stamp()
    return (
      `<${8 + random(180)}>${months[time.getUTCMonth()]} ${time.getUTCDate()} ${time.toISOString().slice(11, 19)} node-${random(20)} ` +
      `${pick(services)}[${random(30_000)}]: ${pick(messages)} ${random(100_000)} for session ${hex(32)} by user-${random(10_000)}`
    )
  },
  application: () =>
    `${stamp().toISOString().replace("T", " ").replace("Z", "")} ${pick(levels).toUpperCase()} [worker-${random(16)}] ` +
    `com.example.${pick(services)}.Handler: ${pick(messages)} ${random(100_000)} for session ${hex(32)} by user-${random(10_000)} after ${random(1000)} ms`
}

const makeFrame = (generate: () => string): { payload: Uint8Array; events: number } => {
  const lines: Array<string> = []
  for (let bytes = 0; bytes < frameBytes; ) {
    const line = generate()
    lines.push(line)
    bytes += line.length + 1
  }
  return { payload: new TextEncoder().encode(`${lines.join("\n")}\n`), events: lines.length }
}

const measure = (name: string, codec: string): ReadonlyArray<string> => {
  const frames = Array.from({ length: 16 }, () => makeFrame(generators[name] as () => string))
  const stage = new ParseStage(Schema.decodeUnknownSync(ParseConfig)({}))
  const batch = LogBatch.make({ partition: 0 })
  const header = { layout: "lines", codec, receivedMillis: clock, attributes: {}, resource: {} } as const
  let sequence = 0
  let events = 0
  let bytes = 0
  let unparsed = 0
  const round = (): void => {
    batch.reset()
    for (let i = 0; i < framesPerBatch; i++) {
      const { payload } = frames[i % frames.length] as { payload: Uint8Array }
      events += stage.parseFrame(
        { sequence: ++sequence, tenant: "default", source: name, header, storedMillis: clock, payload },
        batch
      )
      bytes += payload.length
    }
    for (let row = 0; row < batch.length; row++) unparsed += 1 - (batch.parsed[row] as number)
  }
  for (let i = 0; i < 10; i++) round()
  events = 0
  bytes = 0
  const start = process.cpuUsage()
  let used = process.cpuUsage(start)
  while (used.user + used.system < secondsPerCase * 1e6) {
    round()
    used = process.cpuUsage(start)
  }
  const perEvent = ((used.user + used.system) * 1000) / events
  return [
    name,
    codec,
    perEvent.toFixed(0),
    (bytes / events).toFixed(0),
    (bytes / (used.user + used.system)).toFixed(0),
    String(unparsed)
  ]
}

export const parse: Question = {
  name: "parse",
  asks: "What does parsing cost?",
  answer: async () => ({
    tables: [
      {
        caption: "Bytes of a frame into columns, one thread",
        columns: ["format", "codec", "CPU ns/event", "bytes/event", "MB/s", "not understood"],
        rows: Object.keys(generators).flatMap((name) => [
          measure(name, name.split(" ")[0] as string),
          measure(name, "auto")
        ])
      }
    ],
    notes: []
  })
}
