// ModelStream: one stream of a broker in memory: messages with sequences, known ids, the last of each subject, durables.
export interface StreamMessage {
  readonly sequence: number
  readonly subject: string
  readonly headers: Readonly<Record<string, string>>
  readonly data: Uint8Array
  /** Wall clock of the broker, milliseconds since 1970. */
  readonly storedMillis: number
}

/** The messages of a stream that a consumer is given, in order; grows with the stream. */
export type Lane = ReadonlyArray<StreamMessage>

/** What the broker keeps of a durable consumer. */
export interface Durable {
  readonly lane: Lane
  /** Everything of its lane up to here is acknowledged. */
  floor: number
  /** Counts resets; deliveries and acknowledgements of older sessions mean nothing. */
  session: number
  /** Told when another session takes its place. */
  replaced?: () => void
}

export const idHeader = "Nats-Msg-Id"

/** Index of the first message of a lane behind a sequence. */
export const indexBehind = (lane: Lane, sequence: number): number => {
  let low = 0
  let high = lane.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((lane[middle] as StreamMessage).sequence <= sequence) low = middle + 1
    else high = middle
  }
  return low
}

export class ModelStream {
  readonly name: string
  readonly messages: Array<StreamMessage> = []
  readonly durables = new Map<string, Durable>()
  /** Called after each new message. */
  readonly listeners = new Set<() => void>()
  private readonly ids = new Map<string, number>()
  private readonly lastOf = new Map<string, number>()
  private readonly lanes = new Map<string, Array<StreamMessage>>()

  constructor(name: string) {
    this.name = name
  }

  get lastSequence(): number {
    return this.messages.length
  }

  /** Undefined before the first message of a subject. */
  lastMessage(subject: string): StreamMessage | undefined {
    return this.messages[(this.lastOf.get(subject) ?? 0) - 1]
  }

  /** The messages whose subject a filter picks: a subject, or one that ends in ">". */
  lane(filter: string): Lane {
    let lane = this.lanes.get(filter)
    if (lane === undefined) {
      lane = this.messages.filter(({ subject }) => picks(filter, subject))
      this.lanes.set(filter, lane)
    }
    return lane
  }

  durable(name: string, filter: string): Durable {
    let durable = this.durables.get(name)
    if (durable === undefined) {
      durable = { lane: this.lane(filter), floor: 0, session: 0 }
      this.durables.set(name, durable)
    }
    return durable
  }

  /** The sequence of the message with this id, undefined for a new one. */
  known(id: string): number | undefined {
    return this.ids.get(id)
  }

  append(message: Omit<StreamMessage, "sequence">): number {
    const sequence = this.messages.length + 1
    const kept = { ...message, sequence }
    this.messages.push(kept)
    for (const [filter, lane] of this.lanes) if (picks(filter, kept.subject)) lane.push(kept)
    this.lastOf.set(message.subject, sequence)
    const id = message.headers[idHeader]
    if (id !== undefined) this.ids.set(id, sequence)
    for (const listener of [...this.listeners]) listener()
    return sequence
  }

  /** What comes behind a sequence was not synced when its machine failed; answers the messages that are gone. */
  loseEnd(last: number): ReadonlyArray<StreamMessage> {
    const gone = this.messages.splice(last)
    for (const lane of this.lanes.values()) lane.splice(indexBehind(lane, last))
    for (const durable of this.durables.values()) durable.floor = Math.min(durable.floor, last)
    this.ids.clear()
    this.lastOf.clear()
    for (const { headers, sequence, subject } of this.messages) {
      const id = headers[idHeader]
      if (id !== undefined) this.ids.set(id, sequence)
      this.lastOf.set(subject, sequence)
    }
    return gone
  }
}

const picks = (filter: string, subject: string): boolean =>
  filter.endsWith(">") ? subject.startsWith(filter.slice(0, -1)) : subject === filter
