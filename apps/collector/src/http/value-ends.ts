// ValueEnds: where JSON values of a body end; those longer than any message may be are passed over without a check.
import { JsonValidator } from "../sources/http/json-validator.ts"

/** What `find` answers when the end of a long value is not reached yet. */
export const unfinished = -2

const quote = 34
const backslash = 92

/** No call takes longer than checking one message of the longest kind, or passing over so many bytes, whatever they are. */
export class ValueEnds {
  readonly validator = new JsonValidator()
  private readonly maxBytes: number
  private readonly sliceBytes: number
  /** Of the long value that is being passed over: where it goes on, how deep, and whether in a string. */
  private at = -1
  private depth = 0
  private inString = false

  constructor(maxBytes: number, sliceBytes: number) {
    this.maxBytes = maxBytes
    this.sliceBytes = sliceBytes
  }

  /**
   * Position behind the value that begins at `start` and ends at `limit` at the latest; -1 when it is none, with the problem
   * in `validator`. After `unfinished` call it again, with the same bytes, to go on.
   */
  find(bytes: Uint8Array, start: number, limit: number): number {
    if (this.at < 0) {
      const near = start + this.maxBytes + 1
      if (near >= limit) return this.validator.value(bytes, start, limit)
      const end = this.validator.value(bytes, start, near)
      // Wrong before the cut is wrong; wrong at the cut is only long.
      if (end >= 0 || this.validator.errorAt < near) return end
      this.at = start
      this.depth = 0
      this.inString = false
    }
    const end = this.passOver(bytes, Math.min(limit, this.at + this.sliceBytes))
    if (end === unfinished && this.at < limit) return unfinished
    this.at = -1
    return end !== unfinished && end <= limit ? end : this.validator.fail(limit, "text ends inside a long value")
  }

  private passOver(bytes: Uint8Array, until: number): number {
    let { at, depth, inString } = this
    while (at < until) {
      const byte = bytes[at++]
      if (inString) {
        if (byte === backslash) at++
        else if (byte === quote) {
          inString = false
          if (depth === 0) return at
        }
      } else if (byte === quote) inString = true
      // { and [, } and ] differ in this bit alone.
      else if ((byte | 32) === 123) depth++
      else if ((byte | 32) === 125 && --depth === 0) return at
    }
    this.at = at
    this.depth = depth
    this.inString = inString
    return unfinished
  }
}
