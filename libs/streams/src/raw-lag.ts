// Raw lag: how far the pipelines are behind the end of the raw stream, and how much room that stream has left.
import { type ConsumerInfo, type JetStreamManager, jetstreamManager, type StreamInfo } from "@nats-io/jetstream"
import type { NatsConnection } from "@nats-io/nats-core"
import { durableOf } from "./definitions.ts"

export interface RawLag {
  /** Messages that a pipeline has not acknowledged, and about how many bytes they are. */
  readonly messages: number
  readonly bytes: number
  /** Milliseconds since the oldest of them came, to about the interval of the looks; 0 when there is none. */
  readonly millis: number
  /** Bytes the stream can still take; infinite for one without limit. */
  readonly freeBytes: number
  /** Sequence of the stream's last message. */
  readonly sequence: number
}

/** What one pipeline's consumer says. */
interface Reader {
  readonly name: string
  readonly floor: number
  readonly behind: number
}

/** Looks kept of each reader; beyond it every second one is forgotten, which makes ages coarser. */
const mostLooks = 2_048

/** When the stream ended where, since a reader was last seen with nothing to do. */
class ReaderPast {
  private looks: Array<{ readonly at: number; readonly end: number }> = []
  /** Where the stream ended when the reader had nothing to do. */
  private idleEnd = 0

  /** Milliseconds since the reader's oldest message had come. */
  age({ behind, floor }: Reader, end: number, now: number): number {
    if (behind === 0) {
      this.looks = []
      this.idleEnd = end
      return 0
    }
    this.looks.push({ at: now, end })
    if (this.looks.length > mostLooks) this.looks = this.looks.filter((_, i) => i % 2 === 0)
    const before = Math.max(floor, this.idleEnd)
    while ((this.looks[0]?.end ?? Number.POSITIVE_INFINITY) <= before) this.looks.shift()
    return now - (this.looks[0]?.at ?? now)
  }
}

/** Remembers looks at the stream, so that an age needs no message read and no clock but one's own. */
export class LagHistory {
  private readonly readers = new Map<string, ReaderPast>()

  /** `now`: milliseconds of a clock. */
  observe(stream: Pick<StreamInfo, "config" | "state">, readers: ReadonlyArray<Reader>, now: number): RawLag {
    const { bytes, last_seq: sequence, messages: held } = stream.state
    let messages = 0
    let millis = 0
    for (const reader of readers) {
      const past = this.readers.get(reader.name) ?? new ReaderPast()
      this.readers.set(reader.name, past)
      messages += reader.behind
      millis = Math.max(millis, past.age(reader, sequence, now))
    }
    const limit = stream.config.max_bytes
    return {
      messages,
      bytes: held > 0 ? Math.round((bytes / held) * Math.min(messages, held)) : 0,
      millis,
      freeBytes: limit > 0 ? Math.max(0, limit - bytes) : Number.POSITIVE_INFINITY,
      sequence
    }
  }
}

const { durable, stream } = durableOf("raw", 0)
const pipelines = durable.replace(/0$/, "")

const readerOf = ({ ack_floor, name, num_ack_pending, num_pending }: ConsumerInfo): Reader => ({
  name,
  floor: ack_floor.stream_seq,
  behind: num_pending + num_ack_pending
})

/** One look after another, over a connection that carries no data. Rejects when the broker does not answer. */
export class LagProbe {
  private readonly history = new LagHistory()
  private readonly connection: NatsConnection
  private manager: JetStreamManager | undefined

  constructor(connection: NatsConnection) {
    this.connection = connection
  }

  async look(now: number): Promise<RawLag> {
    this.manager ??= await jetstreamManager(this.connection, { checkAPI: false })
    const info = await this.manager.streams.info(stream)
    const readers: Array<Reader> = []
    for await (const consumer of this.manager.consumers.list(stream)) {
      if (consumer.name.startsWith(pipelines)) readers.push(readerOf(consumer))
    }
    return this.history.observe(info, readers, now)
  }
}
