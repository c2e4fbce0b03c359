// InnerMessage: a JSON object that travels inside another format, read into the record of the message around it.
import { role } from "./field-roles.ts"
import { JsonScanner } from "./json-scanner.ts"
import { skipSpace, valueEnd } from "./json-value.ts"
import type { RecordDraft } from "./record-draft.ts"

const cookie = "@cee:".split("").map((letter) => letter.charCodeAt(0))

/**
 * Reads objects behind a header. What the object states wins over what the header says on its behalf: its level over a
 * priority, its time over a stamp of the way, which both fill gaps only; host and service of the header stay.
 */
export class InnerMessage {
  private readonly scanner: JsonScanner

  constructor(depth: number) {
    this.scanner = new JsonScanner(depth)
  }

  /** Reads the object that fills `bytes[start, end)`, a CEE cookie before it or not; false leaves the draft alone. */
  read(bytes: Uint8Array, start: number, end: number, draft: RecordDraft): boolean {
    let at = start
    if (bytes[at] === 64) at = behindCookie(bytes, at, end)
    if (bytes[at] !== 123 || at >= end) return false
    const behind = valueEnd(bytes, at, end)
    if (behind < 0 || skipSpace(bytes, behind, end) !== end) return false
    draft.beginInner()
    if (!this.scanner.scan(bytes, at, end, draft)) {
      draft.keepOriginal = true
      draft.setRole(role.body, start, end - start)
      return true
    }
    if (!draft.hasRole(role.body)) draft.setRole(role.body, at, end - at)
    return true
  }
}

const behindCookie = (bytes: Uint8Array, at: number, end: number): number => {
  for (let i = 0; i < cookie.length; i++) if (bytes[at + i] !== cookie[i]) return at
  return skipSpace(bytes, at + cookie.length, end)
}
