// AccessMore: what stands behind the user agent of an access line, in the forms that are usual.
import { isDigit } from "./instant.ts"
import type { KeyTable } from "./key-table.ts"
import type { RecordDraft } from "./record-draft.ts"

const space = 32
const quote = 34
const dash = 45
const dot = 46
const openBracket = 91
const closeBracket = 93
const mostTokens = 9

/** What the ingress of Kubernetes writes behind the user agent, in order. */
const ingressFields = [
  ...["http.request_length", "http.request_time", "upstream.name", "upstream.alternative", "upstream.address"],
  ...["upstream.response_length", "upstream.response_time", "upstream.status", "request_id"]
]

/**
 * Reads `bytes[start, end)`: one quoted text is the addresses it was forwarded for, or the ratio of its compression when it
 * is a number; nine parts with two in brackets are nginx's ingress; all else stays one text.
 */
export class AccessMore {
  private readonly starts = new Int32Array(mostTokens)
  private readonly ends = new Int32Array(mostTokens)
  private readonly ingress: ReadonlyArray<number>
  private readonly forwardedFor: number
  private readonly ratio: number
  private readonly rest: number

  constructor(keys: KeyTable) {
    this.ingress = ingressFields.map((name) => keys.fix(name))
    this.forwardedFor = keys.fix("http.forwarded_for")
    this.ratio = keys.fix("http.gzip_ratio")
    this.rest = keys.fix("http.more")
  }

  read(bytes: Uint8Array, start: number, end: number, draft: RecordDraft): void {
    if (end <= start || (end === start + 1 && bytes[start] === dash)) return
    const { ends, starts } = this
    const count = this.split(bytes, start, end)
    if (count === 1 && bytes[start] === quote) {
      this.add(draft, bytes, isRatio(bytes, starts[0], ends[0]) ? this.ratio : this.forwardedFor, 0)
    } else if (
      count === mostTokens &&
      this.isBracketed(bytes, 2) &&
      this.isBracketed(bytes, 3) &&
      isDigit(bytes[start])
    ) {
      for (let i = 0; i < count; i++) this.add(draft, bytes, this.ingress[i], i)
    } else draft.addAttribute(this.rest, start, end - start)
  }

  private add(draft: RecordDraft, bytes: Uint8Array, key: number, token: number): void {
    const from = this.starts[token]
    const to = this.ends[token]
    if (to > from && !(to === from + 1 && bytes[from] === dash)) draft.addAttribute(key, from, to - from)
  }

  private isBracketed(bytes: Uint8Array, token: number): boolean {
    return bytes[this.starts[token] - 1] === openBracket
  }

  /** Splits at blanks, quotes and brackets taken off; answers how many parts there are, one more than the most when too many. */
  private split(bytes: Uint8Array, start: number, end: number): number {
    let count = 0
    let at = start
    while (at < end) {
      if (count === mostTokens) return mostTokens + 1
      const closing = bytes[at] === quote ? quote : bytes[at] === openBracket ? closeBracket : space
      const from = closing === space ? at : at + 1
      let to = from
      while (to < end && bytes[to] !== closing) to++
      this.starts[count] = from
      this.ends[count] = to
      count++
      at = closing === space ? to + 1 : to + 2
    }
    return count
  }
}

const isRatio = (bytes: Uint8Array, start: number, end: number): boolean => {
  let dots = 0
  for (let at = start; at < end; at++) {
    if (bytes[at] === dot) dots++
    else if (!isDigit(bytes[at])) return false
  }
  return dots <= 1 && end > start
}
