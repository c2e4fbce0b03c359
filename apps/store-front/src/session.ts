// Sessions: a private connection for each request, or one kept under ?session_id= with its temporary tables.
import { setTimeout as wait } from "node:timers/promises"
import type { Connection, Engine } from "./engine.ts"
import { busy, FrontException } from "./errors.ts"

interface Kept {
  readonly connection: Connection
  locked: boolean
  /** Settles when the request that holds the lock lets go of it. */
  released: Promise<void>
  timer: NodeJS.Timeout | undefined
}

export interface Lease {
  readonly connection: Connection
  /** Whether the connection lives on, so that what the request set must be undone. */
  readonly kept: boolean
  readonly release: () => Promise<void>
}

export interface SessionAsked {
  readonly user: string
  readonly id: string
  /** Seconds the session lives after its last request. */
  readonly timeout: number
  /** Refuses an id that is not known yet. */
  readonly check: boolean
}

const most = 64
/** Milliseconds that a request waits for the one before: a client may have that one's answer before its end is done here. */
const patienceMillis = 500
const longest = 3_600

export class Sessions {
  readonly #engine: Engine
  readonly #kept = new Map<string, Kept>()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Throws SESSION_IS_LOCKED when another request of the session goes on. */
  async lease(asked: SessionAsked | undefined): Promise<Lease> {
    if (asked === undefined) {
      const connection = this.#engine.connect()
      return { connection, kept: false, release: () => connection.close() }
    }
    const key = JSON.stringify([asked.user, asked.id])
    const kept = this.#kept.get(key) ?? this.#open(key, asked)
    if (kept.locked) await Promise.race([kept.released, wait(patienceMillis)])
    if (kept.locked) {
      throw new FrontException(373, "SESSION_IS_LOCKED", `Session ${asked.id} is locked by a concurrent client`)
    }
    kept.locked = true
    const { promise, resolve } = Promise.withResolvers<void>()
    kept.released = promise
    clearTimeout(kept.timer)
    return {
      connection: kept.connection,
      kept: true,
      release: async () => {
        kept.locked = false
        resolve()
        kept.timer = setTimeout(() => this.#close(key), Math.min(asked.timeout, longest) * 1_000)
        kept.timer.unref()
      }
    }
  }

  #open(key: string, asked: SessionAsked): Kept {
    if (asked.check) throw new FrontException(372, "SESSION_NOT_FOUND", `Session ${asked.id} not found`)
    if (this.#kept.size >= most) throw busy(`Too many sessions: ${most} are open, close one or let it time out`)
    const kept: Kept = {
      connection: this.#engine.connect(),
      locked: false,
      released: Promise.resolve(),
      timer: undefined
    }
    this.#kept.set(key, kept)
    return kept
  }

  #close(key: string): void {
    const kept = this.#kept.get(key)
    this.#kept.delete(key)
    void kept?.connection.close()
  }

  async closeAll(): Promise<void> {
    const all = [...this.#kept.values()]
    this.#kept.clear()
    for (const kept of all) clearTimeout(kept.timer)
    await Promise.all(all.map((kept) => kept.connection.close()))
  }
}
