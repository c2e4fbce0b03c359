// Events: lines of one format, JSON of ten fields and about 241 bytes by default, made once from a seed and stamped anew
// whenever they are sent.
import { seededRandom } from "@tailrace/domain/seeded-random"
import { type Format, lineWriters } from "./line-writers.ts"

/** Events of one block; about 64 KiB. */
export const eventsPerBlock = 270
/** Distinct blocks, used in turn. */
const blocks = 16

interface Block {
  readonly bytes: Buffer
  /** Where each line begins, and behind the last one the end. */
  readonly begins: ReadonlyArray<number>
  /** Where the stamp of each line begins. */
  readonly stamps: ReadonlyArray<number>
}

const makeBlocks = (format: Format, seed: number): ReadonlyArray<Block> => {
  const random = seededRandom(seed)
  const { stamp, write } = lineWriters[format]
  const placeholder = stamp(0)
  return Array.from({ length: blocks }, () => {
    const begins = [0]
    const stamps: Array<number> = []
    let text = ""
    for (let i = 0; i < eventsPerBlock; i++) {
      const line = write(random, placeholder)
      stamps.push(text.length + line.indexOf(placeholder))
      text += `${line}\n`
      begins.push(text.length)
    }
    return { bytes: Buffer.from(text, "latin1"), begins, stamps }
  })
}

/** Hands out stamped events one run after another. */
export class EventSource {
  readonly format: Format
  readonly #blocks: ReadonlyArray<Block>
  #block = 0
  #event = 0

  constructor(format: Format) {
    this.format = format
    this.#blocks = makeBlocks(format, 12_345)
  }

  /** At most `most` next events, up to the end of the block at hand, all stamped with `millis`. */
  take(most: number, millis: number): { readonly bytes: Buffer; readonly events: number } {
    const { bytes, begins, stamps } = this.#blocks[this.#block] as Block
    const events = Math.min(most, eventsPerBlock - this.#event)
    const from = begins[this.#event] as number
    const taken = Buffer.from(bytes.subarray(from, begins[this.#event + events]))
    const stamp = lineWriters[this.format].stamp(millis)
    for (let i = 0; i < events; i++) {
      taken.write(stamp, (stamps[this.#event + i] as number) - from, "latin1")
    }
    this.#event += events
    if (this.#event === eventsPerBlock) {
      this.#event = 0
      this.#block = (this.#block + 1) % blocks
    }
    return { bytes: taken, events }
  }
}
