// Read queue: reads of the store wait for their turn, fairly among callers, so that no caller holds up another.
import { Effect } from "effect"
import { apiError } from "../questions/failure.ts"

/** Who asks: turns go around addresses, and within an address around its connections. */
export interface Caller {
  readonly address: string
  /** The same object for everything that one connection asks. */
  readonly connection: object
}

export interface ReadQueueOptions {
  /** Reads of the store at once. */
  readonly running: number
  /** Reads of one connection at once. */
  readonly each: number
  /** Reads of one connection that may wait. */
  readonly waiting: number
}

interface Line {
  running: number
  /** When it last had a turn, in turns. */
  served: number
}

interface Connection extends Line {
  readonly waiting: Array<Ticket>
}

interface Ticket {
  begun: boolean
  begin: () => void
}

interface Address extends Line {
  readonly connections: Map<object, Connection>
}

export class ReadQueue {
  readonly #options: ReadQueueOptions
  readonly #addresses = new Map<string, Address>()
  #running = 0
  #waiting = 0
  #turns = 0

  constructor(options: ReadQueueOptions) {
    this.#options = options
  }

  /** Reads that run now. */
  get running(): number {
    return this.#running
  }

  /** Reads that wait for their turn. */
  get waiting(): number {
    return this.#waiting
  }

  /** Runs the read at its turn. Whoever is interrupted leaves the queue, or gives the turn back. LIMIT when too many wait. */
  readonly run = <A, E, R>(caller: Caller, read: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() => {
      const { line } = this.#placeOf(caller)
      if (line.waiting.length >= this.#options.waiting)
        return Effect.die(
          apiError("LIMIT", `${this.#options.waiting} reads of this connection wait already: ask for less at once`)
        )
      const ticket: Ticket = { begun: false, begin: () => undefined }
      line.waiting.push(ticket)
      this.#waiting++
      this.#next()
      const turn = Effect.callback<void>((resume) => {
        if (ticket.begun) resume(Effect.void)
        else ticket.begin = () => resume(Effect.void)
      })
      return Effect.ensuring(
        Effect.andThen(turn, read),
        Effect.sync(() => this.#left(caller, ticket))
      )
    })

  #placeOf({ address: name, connection }: Caller): { readonly address: Address; readonly line: Connection } {
    const address = this.#addresses.get(name) ?? { running: 0, served: 0, connections: new Map() }
    this.#addresses.set(name, address)
    const line = address.connections.get(connection) ?? { running: 0, served: 0, waiting: [] }
    address.connections.set(connection, line)
    return { address, line }
  }

  /** Gives free turns to those who have fewest, and of them to whoever had the last longest ago. */
  #next(): void {
    while (this.#running < this.#options.running) {
      const address = leastServed(this.#addresses.values(), (one) => this.#ready(one) !== undefined)
      const line = address === undefined ? undefined : this.#ready(address)
      const ticket = line?.waiting.shift()
      if (address === undefined || line === undefined || ticket === undefined) return
      this.#waiting--
      this.#running++
      for (const one of [address, line]) {
        one.running++
        one.served = ++this.#turns
      }
      ticket.begun = true
      ticket.begin()
    }
  }

  #ready(address: Address): Connection | undefined {
    return leastServed(
      address.connections.values(),
      (line) => line.waiting.length > 0 && line.running < this.#options.each
    )
  }

  #left(caller: Caller, ticket: Ticket): void {
    const { address, line } = this.#placeOf(caller)
    if (ticket.begun) {
      this.#running--
      address.running--
      line.running--
    } else {
      this.#waiting--
      line.waiting.splice(line.waiting.indexOf(ticket), 1)
    }
    this.#forget(caller)
    this.#next()
  }

  #forget({ address: name, connection }: Caller): void {
    const address = this.#addresses.get(name)
    const line = address?.connections.get(connection)
    if (line?.running === 0 && line.waiting.length === 0) address?.connections.delete(connection)
    if (address?.connections.size === 0) this.#addresses.delete(name)
  }
}

const leastServed = <L extends Line>(lines: Iterable<L>, may: (line: L) => boolean): L | undefined => {
  let best: L | undefined
  for (const line of lines) {
    const better =
      best === undefined || line.running < best.running || (line.running === best.running && line.served < best.served)
    if (better && may(line)) best = line
  }
  return best
}
