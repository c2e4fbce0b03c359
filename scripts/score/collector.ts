// A collector whose broker is the parse stage: real sockets of the HTTP and syslog sources, real frames, records at once.
import { createSocket } from "node:dgram"
import { createConnection } from "node:net"
import { LogBatch } from "@tailrace/domain/log-batch"
import type { LogRecord } from "@tailrace/domain/log-record"
import { parseInputSubject } from "@tailrace/domain/subjects"
import { unpackFrame } from "@tailrace/streams/frame-encoding"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Effect, Layer, Schema } from "effect"
import { DirectOutlet } from "../../apps/collector/src/frames/direct-outlet.ts"
import { Intake } from "../../apps/collector/src/frames/intake.ts"
import type { Broker, Message } from "../../apps/collector/src/frames/outlet.ts"
import { openSources } from "../../apps/collector/src/open-sources.ts"
import type { Source } from "../../apps/collector/src/source.ts"
import { sourceCounters } from "../../apps/collector/src/source-counters.ts"
import { HttpConfig, http } from "../../apps/collector/src/sources/http.ts"
import { SyslogConfig, syslog } from "../../apps/collector/src/sources/syslog.ts"
import { ParseStage } from "../../libs/pipeline/src/parse/parse.ts"
import { ParseConfig } from "../../libs/pipeline/src/parse/parse-config.ts"

/** What a sender was told, and the records its messages became. */
export interface Outcome {
  readonly status: number | undefined
  readonly answer: string
  readonly records: ReadonlyArray<LogRecord>
}

/** How long a message that nobody acknowledges is waited for. */
const silenceMillis = 300

/** Frames are read the moment they are published, as received at `clock.millis`. */
class Reader {
  readonly clock = { millis: 0 }
  records: Array<LogRecord> = []
  private readonly stage = new ParseStage(Schema.decodeSync(ParseConfig)({}))
  private sequence = 0
  private waiting: (() => void) | undefined

  publish({ headers, payload: packed, subject }: Message): { readonly sequence: number } {
    const { header, payload } = unpackFrame((name) => headers[name], packed)
    const { source = "", tenant = "" } = parseInputSubject(subject) ?? {}
    const batch = LogBatch.make({ partition: 0, rowCapacity: 4 })
    this.sequence++
    const frame = { sequence: this.sequence, tenant, source, header, storedMillis: this.clock.millis, payload }
    const rows = this.stage.parseFrame(frame, batch)
    for (let row = 0; row < rows; row++) this.records.push(batch.record(row))
    this.waiting?.()
    return { sequence: this.sequence }
  }

  take(): ReadonlyArray<LogRecord> {
    const { records } = this
    this.records = []
    return records
  }

  /** Resolves when `count` records are there, or none has come for a while. */
  async until(count: number): Promise<void> {
    while (this.records.length < count) {
      const before = this.records.length
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, silenceMillis)
        this.waiting = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      this.waiting = undefined
      if (this.records.length === before) return
    }
  }
}

/** Opens both sources on free ports for the life of the scope. Everything is received at `millis` since 1970. */
export const openCollector = Effect.fnUntraced(function* (millis: number) {
  const reader = new Reader()
  reader.clock.millis = millis
  const now = () => reader.clock.millis
  const broker: Broker = {
    publish: async (message) => reader.publish(message),
    storedIds: async () => new Set(),
    connected: () => true,
    lagging: () => false,
    freeBytes: () => undefined,
    sequence: () => 0,
    attempted: () => undefined,
    now,
    random: () => 0
  }
  const options = { frameBytes: 131_072, maxFrameBytes: 262_144, lingerMillis: 0, encoding: "none" } as const
  const world = { now, lagging: () => false, dropped: () => undefined }
  const intake = new Intake({ ...options, maxBytes: 67_108_864 }, new DirectOutlet(broker), world)
  const services = yield* Layer.build(Layer.merge(Health.layer, Metrics.layerBare))
  const metrics = yield* Effect.provide(Metrics, services)
  const open = Effect.fnUntraced(function* (source: Source) {
    const listening = openSources([source], ({ name }) => {
      const counters = sourceCounters(metrics, name)
      return { name, intake, tenant: "default", folder: "", counters, now, warn: () => undefined }
    })
    return (yield* Effect.provide(listening, services))[source.name]?.port ?? 0
  })
  const httpPort = yield* open(yield* http.make(Schema.decodeSync(HttpConfig)({ port: 0 })))
  const syslogPort = yield* open(yield* syslog.make(Schema.decodeSync(SyslogConfig)({ port: 0 })))
  return new Collector(reader, httpPort, syslogPort)
})

export class Collector {
  private readonly reader: Reader
  private readonly httpPort: number
  private readonly syslogPort: number

  constructor(reader: Reader, httpPort: number, syslogPort: number) {
    this.reader = reader
    this.httpPort = httpPort
    this.syslogPort = syslogPort
  }

  async post(source: string, headers: Readonly<Record<string, string>>, body: Buffer): Promise<Outcome> {
    const address = `http://127.0.0.1:${this.httpPort}/ingest/${encodeURIComponent(source)}`
    const response = await fetch(address, { method: "POST", headers, body: new Uint8Array(body) })
    const answer = await response.text()
    return { status: response.status, answer, records: this.reader.take() }
  }

  async datagram(body: Buffer, wanted: number): Promise<Outcome> {
    const socket = createSocket("udp4")
    await new Promise<void>((resolve, reject) =>
      socket.send(body, this.syslogPort, "127.0.0.1", (cause) => (cause === null ? resolve() : reject(cause)))
    )
    socket.close()
    await this.reader.until(Math.max(wanted, 1))
    return { status: undefined, answer: "", records: this.reader.take() }
  }

  /** Sends the pieces over one connection, then ends it. */
  async stream(pieces: ReadonlyArray<Buffer>, wanted: number): Promise<Outcome> {
    const connection = createConnection(this.syslogPort, "127.0.0.1").setNoDelay(true)
    for (const piece of pieces) await new Promise((resolve) => connection.write(piece, resolve))
    connection.end()
    await this.reader.until(Math.max(wanted, 1))
    connection.destroy()
    return { status: undefined, answer: "", records: this.reader.take() }
  }
}
