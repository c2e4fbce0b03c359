// Events: NDJSON lines of ten fields, about 241 bytes each, made once from a seed and stamped anew whenever they are sent.

/** Events of one block; about 64 KiB. */
const eventsPerBlock = 270
/** Distinct blocks, used in turn. */
const blocks = 16

const services = ["checkout", "auth", "search", "cart", "billing", "gateway", "inventory", "profile", "email", "recs"]
const levels = ["info", "info", "info", "info", "info", "info", "debug", "debug", "warn", "error"]
const methods = ["GET", "GET", "GET", "POST", "PUT", "DELETE"]
const stampOffset = '{"ts":"'.length

/** A seeded generator of numbers in 0..1 (mulberry32), so that every run sends the same events. */
const makeRandom = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
}

const makeLine = (random: () => number): string => {
  const below = (limit: number) => Math.floor(random() * limit)
  const pick = (list: ReadonlyArray<string>) => list[below(list.length)] as string
  const hex = (digits: number) => Array.from({ length: digits }, () => below(16).toString(16)).join("")
  const method = pick(methods)
  const status = random() < 0.03 ? 500 : random() < 0.05 ? 404 : 200
  const duration = Math.round(-Math.log(random() + 1e-9) * 400) / 10
  return JSON.stringify({
    ts: new Date(0).toISOString(),
    level: pick(levels),
    service: `${pick(services)}${random() < 0.3 ? "-v2" : ""}`,
    host: `web-${below(50)}`,
    trace_id: hex(32),
    msg: `${method} /api/v1/orders/${below(100_000)} ${status} in ${duration}ms`,
    status,
    duration_ms: duration,
    method,
    user: `u-${below(100_000)}`
  })
}

interface Block {
  readonly bytes: Buffer
  /** Where each line begins, and behind the last one the end. */
  readonly begins: ReadonlyArray<number>
}

const makeBlocks = (seed: number): ReadonlyArray<Block> => {
  const random = makeRandom(seed)
  return Array.from({ length: blocks }, () => {
    const begins = [0]
    let text = ""
    for (let i = 0; i < eventsPerBlock; i++) {
      text += `${makeLine(random)}\n`
      begins.push(text.length)
    }
    return { bytes: Buffer.from(text, "latin1"), begins }
  })
}

/** Hands out stamped events one run after another. */
export class EventSource {
  readonly #blocks = makeBlocks(12_345)
  #block = 0
  #event = 0

  /** Mean bytes of an event, its line end included. */
  get meanBytes(): number {
    return this.#blocks.reduce((sum, { bytes }) => sum + bytes.length, 0) / (blocks * eventsPerBlock)
  }

  /** At most `most` next events, up to the end of the block at hand, all stamped with `millis`. */
  take(most: number, millis: number): { readonly bytes: Buffer; readonly events: number } {
    const { bytes, begins } = this.#blocks[this.#block] as Block
    const events = Math.min(most, eventsPerBlock - this.#event)
    const from = begins[this.#event] as number
    const taken = Buffer.from(bytes.subarray(from, begins[this.#event + events]))
    const stamp = new Date(millis).toISOString()
    for (let i = 0; i < events; i++) {
      taken.write(stamp, (begins[this.#event + i] as number) - from + stampOffset, "latin1")
    }
    this.#event += events
    if (this.#event === eventsPerBlock) {
      this.#event = 0
      this.#block = (this.#block + 1) % blocks
    }
    return { bytes: taken, events }
  }
}
