// ModelStream: one stream of a broker in memory: messages with sequences, known ids, the last of each subject, durables.
export interface StreamMessage {
  readonly sequence: number
  readonly subject: string
  readonly headers: Readonly<Record<string, string>>
  readonly data: Uint8Array
  /** Wall clock of the broker, milliseconds since 1970. */
  readonly storedMillis: number
}

/** What the broker keeps of a durable consumer. */
export interface Durable {
  /** Everything up to here is acknowledged. */
  floor: number
  /** Counts resets; deliveries and acknowledgements of older sessions mean nothing. */
  session: number
  /** Told when another session takes its place. */
  replaced?: () => void
}

export const idHeader = "Nats-Msg-Id"

export class ModelStream {
  readonly name: string
  readonly messages: Array<StreamMessage> = []
  readonly durables = new Map<string, Durable>()
  /** Called after each new message. */
  readonly listeners = new Set<() => void>()
  private readonly ids = new Map<string, number>()
  private readonly lastOf = new Map<string, number>()

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

  durable(name: string): Durable {
    let durable = this.durables.get(name)
    if (durable === undefined) {
      durable = { floor: 0, session: 0 }
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
    this.messages.push({ ...message, sequence })
    this.lastOf.set(message.subject, sequence)
    const id = message.headers[idHeader]
    if (id !== undefined) this.ids.set(id, sequence)
    for (const listener of [...this.listeners]) listener()
    return sequence
  }
}
