// Input: what is published to the raw stream: frames of collectors, bare messages, and letters that somebody replays.
import { deadLetterIdText } from "@tailrace/domain/dead-letter"
import {
  encodeFrameHeader,
  type FrameLayout,
  prefixedLength,
  replayHeader,
  writePrefixed
} from "@tailrace/domain/frame"
import type { StreamMessage } from "./model-stream.ts"
import type { NativeLetter } from "./native-reader.ts"
import { cured } from "./poison.ts"
import type { Schedule } from "./schedule.ts"
import type { World } from "./world.ts"

const levels = ["info", "info", "info", "warn", "error"]
const minuteMillis = 60_000

/** As the broker does when it stores a message: one partition for each tenant and source. */
const partitionOf = (tenant: string, source: string, partitions: number): number => {
  let hash = 0
  for (const character of `${tenant}.${source}`) hash = (hash * 31 + character.charCodeAt(0)) >>> 0
  return hash % partitions
}

/** Numbers records and puts them into frames. */
export class InputWriter {
  private number = 0
  private readonly world: World
  private readonly partitions: number
  private readonly poison: number
  private readonly poisons: ReadonlyArray<string>
  private readonly levels: ReadonlyArray<string>

  constructor(world: World, { broker, partitions, poison, poisons }: Schedule) {
    this.world = world
    // Samples are drawn by a message's number, which nobody knows beforehand where a stream is made anew.
    this.levels = broker.power > 0 ? levels : ["debug", ...levels]
    this.partitions = partitions
    this.poison = poison
    this.poisons = poisons
  }

  /** The next message: a frame of a collector, or a bare message that anybody published. */
  next(): Omit<StreamMessage, "sequence"> {
    const { world } = this
    const source = `source-${world.integer(0, 1 + this.partitions)}`
    const tenant = world.random() < 0.8 ? "default" : "other"
    const many = world.random()
    const count = many < 0.05 ? 0 : many < 0.8 ? world.integer(1, 6) : world.integer(7, 60)
    const bare = world.random() < 0.15
    const lines = Array.from({ length: bare ? Math.max(1, count) : count }, () => this.line(bare))
    const layout: FrameLayout = bare || world.random() < 0.7 ? "lines" : "prefixed"
    const data = layout === "lines" ? Buffer.from(lines.join("\n")) : prefixed(lines)
    const header = {
      layout,
      codec: "json",
      receivedMillis: world.wall - world.integer(0, 500),
      attributes: { host: `host-${world.integer(0, 3)}` },
      resource: {}
    }
    return {
      subject: this.subjectOf(tenant, bare ? "bare" : source),
      headers: bare ? {} : encodeFrameHeader(header),
      data,
      storedMillis: world.wall
    }
  }

  /** A letter as it is published again, perhaps after somebody has mended it. */
  replayed(letter: NativeLetter): Omit<StreamMessage, "sequence"> {
    const { world } = this
    const payload = world.random() < 0.5 ? letter.payload : cured(letter.payload)
    return {
      subject: this.subjectOf(letter.tenant, letter.source),
      headers: { ...JSON.parse(letter.headers), [replayHeader]: deadLetterIdText(letter) },
      data: Buffer.from(payload),
      storedMillis: world.wall
    }
  }

  private subjectOf(tenant: string, source: string): string {
    return `logs.raw.${partitionOf(tenant, source, this.partitions)}.${tenant}.${source}`
  }

  private line(bare: boolean): string {
    const { world } = this
    const n = this.number++
    const poisoned = this.poison > 0 && world.random() < this.poison
    const word = poisoned ? ` ${this.poisons[world.integer(0, this.poisons.length - 1)]}` : ""
    if (!bare && world.random() < 0.05) return `malformed ${n}${word} {"n":`
    const late = world.random() < 0.1 ? world.integer(0, 30 * minuteMillis) : world.integer(0, 2_000)
    return JSON.stringify({
      ts: new Date(world.wall - late).toISOString(),
      level: this.levels[world.integer(0, this.levels.length - 1)],
      service: `service-${world.integer(0, 3)}`,
      msg: `record ${n}${word}`,
      n,
      ...(world.random() < 0.1 ? { noise: "yes" } : {})
    })
  }
}

const prefixed = (lines: ReadonlyArray<string>): Uint8Array => {
  const messages = lines.map((line) => Buffer.from(line))
  const bytes = new Uint8Array(messages.reduce((sum, message) => sum + prefixedLength(message.length), 0))
  let at = 0
  for (const message of messages) at = writePrefixed(bytes, at, message)
  return bytes
}
