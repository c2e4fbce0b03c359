// ModelSession: the broker's side of a durable consumer as a client sees it: deliveries in order, with gaps, repeats and pauses.
import type { Msg, NatsConnection } from "@nats-io/nats-core"
import { ConsumerInbox } from "@tailrace/streams/consumer-inbox"
import { type Delivery, readDeliveryToken } from "@tailrace/streams/delivery"
import type { ConsumerError, DurableOptions } from "@tailrace/streams/durable"
import { Mailbox } from "@tailrace/streams/mailbox"
import { Effect } from "effect"
import type { Life } from "./life.ts"
import { type Durable, indexBehind, type ModelStream, type StreamMessage } from "./model-stream.ts"
import type { World } from "./world.ts"

export interface DeliveryFaults {
  /** A delivery goes missing, or one comes again. */
  readonly delivery: number
  /** An acknowledgement gets lost. */
  readonly acknowledgement: number
}

export interface SessionOptions {
  readonly world: World
  readonly life: Life
  readonly stream: ModelStream
  readonly durable: Durable
  readonly options: DurableOptions
  readonly startSequence: number
  readonly faults: DeliveryFaults
  readonly up: () => boolean
  /** Called as an acknowledgement leaves the process. */
  readonly acknowledged: (stream: ModelStream, filter: string, sequence: number) => void
}

const capacityBytes = 64 * 1024
/** Small, so that short runs reach it. */
const maxAckPending = 48

/** One process' consumer over all its sessions. Its inbox is the product's own. */
export class ModelSession {
  readonly mailbox: Mailbox<Delivery, ConsumerError>
  readonly inbox: ConsumerInbox
  private readonly given: SessionOptions
  private session = 0
  /** Index in the durable's lane. */
  private next = 0
  private deliverySequence = 0
  private pumping = false
  private closed = false
  private broken: (() => void) | undefined

  constructor(given: SessionOptions) {
    this.given = given
    this.mailbox = new Mailbox<Delivery, ConsumerError>({ capacityBytes, onRoom: () => this.pump() })
    const connection = { publish: (reply: string) => this.acknowledge(reply) } as unknown as NatsConnection
    this.inbox = new ConsumerInbox(connection, this.mailbox, given.startSequence, () => undefined)
    given.stream.listeners.add(() => this.pump())
    this.begin()
    // Its broker has died behind its answer.
    if (!given.up()) this.breakOff()
  }

  close(): void {
    this.closed = true
  }

  /** The session ended, by a fault or with the broker, and the process gets to know of it. */
  breakOff(): void {
    this.session = -1
    this.given.life.reach(() => this.broken?.())
  }

  /** Ends when the session has. */
  readonly ended: Effect.Effect<void> = Effect.callback<void>((resume) => {
    this.broken = () => resume(Effect.void)
    if (this.session < 0) this.broken()
  })

  /** Whether the stream has lost what it delivered last, or has another message in its place. */
  hasLost(): boolean {
    const { delivered, receivedMillis } = this.inbox.state()
    if (receivedMillis === 0) return false
    const { messages } = this.given.stream
    return messages[delivered - 1]?.storedMillis !== receivedMillis
  }

  /** A new session: the durable is reset to what is not settled. */
  begin(): void {
    const { durable, options, world } = this.given
    durable.replaced?.()
    const session = ++durable.session
    this.session = session
    // Its requests are not served any more, which it learns at once or by missing heartbeats.
    durable.replaced = () => void world.after(world.between(0, 5_000), () => this.endIf(session))
    durable.floor = this.inbox.settled
    this.next = indexBehind(durable.lane, durable.floor)
    this.deliverySequence = 0
    this.inbox.newSession()
    world.note(`${options.durable} is delivered from behind ${durable.floor}`)
    this.pump()
  }

  private pump(): void {
    const { life, world } = this.given
    if (this.pumping || this.closed || !life.alive) return
    this.pumping = true
    world.after(world.between(0.1, 15), () => {
      this.pumping = false
      if (life.alive) this.deliver(world.integer(1, 40))
    })
  }

  private deliver(most: number): void {
    const { durable, faults, life, up, world } = this.given
    const { lane } = durable
    for (let i = 0; i < most; i++) {
      if (this.closed || !life.alive || !up() || this.session !== durable.session) return
      const settled = indexBehind(lane, durable.floor)
      if (this.mailbox.bytes >= capacityBytes || this.next - settled >= maxAckPending) return
      const message = lane[this.next]
      if (message === undefined) return
      if (world.chance(faults.delivery) && this.next > settled) {
        const again = lane[world.integer(settled, this.next - 1)]
        if (again !== undefined) this.send(again, 2)
        continue
      }
      this.next++
      if (world.chance(faults.delivery)) this.lose()
      else this.send(message, 1)
    }
    this.pump()
  }

  /** A delivery that gets lost is missed with the next one, or when heartbeats are. */
  private lose(): void {
    const { session } = this
    this.deliverySequence++
    this.given.world.after(5_000, () => this.endIf(session))
  }

  private endIf(session: number): void {
    if (this.session === session) this.breakOff()
  }

  private send(message: StreamMessage, count: number): void {
    const { durable, life, options, stream } = this.given
    const behind = durable.lane.length - indexBehind(durable.lane, message.sequence)
    const place = `${count}.${message.sequence}.${++this.deliverySequence}.${message.storedMillis}000000.${behind}`
    const reply = `$JS.ACK.${stream.name}.${options.durable}.${place}`
    const { session } = this
    // What a session of before has sent is left unread with its subscription.
    life.reach(() => this.session === session && this.receive(message, reply))
  }

  private receive({ data, headers, sequence, subject }: StreamMessage, reply: string): void {
    const { life, stream } = this.given
    if (!life.step(`deliver ${stream.name} ${sequence}`)) return
    const taken = this.inbox.receive({
      subject,
      data,
      reply,
      headers: { get: (name: string) => headers[name] ?? "" }
    } as unknown as Msg)
    if (!taken) this.breakOff()
  }

  private acknowledge(reply: string): void {
    const { acknowledged, durable, faults, life, options, stream, up, world } = this.given
    const sequence = readDeliveryToken(reply)?.sequence ?? 0
    if (!life.step(`acknowledge ${stream.name} ${sequence}`)) return
    acknowledged(stream, options.filterSubject, sequence)
    const { session } = this
    if (world.chance(faults.acknowledgement)) {
      // It gets lost with its connection only.
      world.after(world.between(1, 5_000), () => this.endIf(session))
      return
    }
    world.after(world.between(0.1, 20), () => {
      if (!up() || durable.session !== session) return
      durable.floor = Math.max(durable.floor, sequence)
      this.pump()
    })
  }
}
