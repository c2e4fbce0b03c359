// Colours: the escape sequences by which terminals colour text, taken out before a line is read.
import type { KeyTable } from "./key-table.ts"
import type { RecordDraft } from "./record-draft.ts"

const escapeByte = 27
const openBracket = 91

/** One line without its colours; reused for every line. */
export class Colours {
  bytes: Uint8Array = new Uint8Array(1024)
  length = 0
  private readonly original: number

  constructor(keys: KeyTable) {
    this.original = keys.fix("log.original")
  }

  /** Copies `source[start, end)` without escape sequences; answers whether there were any. */
  clean(source: Uint8Array, start: number, end: number): boolean {
    if (end - start > this.bytes.length) this.bytes = new Uint8Array((end - start) * 2)
    const { bytes } = this
    let length = 0
    let at = start
    while (at < end) {
      if (source[at] === escapeByte && source[at + 1] === openBracket && at + 2 < end) {
        const behind = sequenceEnd(source, at + 2, end)
        if (behind > 0) {
          at = behind
          continue
        }
      }
      bytes[length++] = source[at++]
    }
    this.length = length
    return length < end - start
  }

  /** Keeps the line as it came beside what was read of it. */
  keep(draft: RecordDraft, source: Uint8Array, start: number, end: number): void {
    const at = draft.reserveScratch(end - start)
    draft.scratch.set(source.subarray(start, end), at)
    draft.scratchUsed = at + end - start
    draft.keepOriginal = false
    draft.addOriginal(this.original, -1 - at, end - start)
  }
}

/** The position behind the letter that ends a sequence of numbers and semicolons; 0 when it is none. */
const sequenceEnd = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at
  while (position < end && ((bytes[position] >= 48 && bytes[position] <= 59) || bytes[position] === 63)) position++
  const letter = bytes[position] | 32
  return position < end && letter >= 97 && letter <= 122 ? position + 1 : 0
}
