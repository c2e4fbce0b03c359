// FieldChoice: which of several fields of a record fills a well-known one, when the first cannot or none claims it outright.
import { hint, rankBits, rankMask, role } from "./field-roles.ts"
import { type Instant, isDigit } from "./instant.ts"
import type { RecordDraft } from "./record-draft.ts"
import type { SeverityReader } from "./severity-reader.ts"
import { readSecondsAndNanos, readTimestampValue, type TimeContext } from "./timestamps.ts"

const hintsOfTime = (1 << hint.time) | (1 << hint.seconds)
const colon = 58

/** Looks through the fields of drafts; called only for records that the common path does not settle. */
export class FieldChoice {
  private readonly draft: RecordDraft
  private readonly time: TimeContext
  private readonly instant: Instant
  private readonly severities: SeverityReader
  private readonly version: number
  private readonly processId: number
  private readonly requests: ReadonlyArray<number>

  constructor(draft: RecordDraft, time: TimeContext, instant: Instant, severities: SeverityReader) {
    this.draft = draft
    this.time = time
    this.instant = instant
    this.severities = severities
    const { keys } = draft
    this.version = keys.fix("v")
    this.processId = keys.fix("pid")
    this.requests = ["method", "request", "path", "url", "uri", "http.method", "req.method", "RequestMethod"].map(
      (key) => keys.fix(key)
    )
  }

  /** Reads the record's time from its best readable field; what cannot be read stays an attribute. */
  readTime(bytes: Uint8Array): void {
    const { draft } = this
    if (draft.hasRole(role.time) && !this.readRole(bytes) && !this.readOther(bytes)) draft.demote(role.time)
    if (draft.hasTime || (draft.claims & hintsOfTime) === 0) return
    if (!this.readObject(bytes)) this.readHint(bytes)
  }

  /** Takes the time of an inner message instead of the stamp of the way, which stays in an attribute. */
  readInnerTime(bytes: Uint8Array, stamp: number): void {
    const { draft } = this
    const { millis, nanos, timeLength, timeStart } = draft
    draft.hasTime = false
    this.readTime(bytes)
    if (draft.hasTime) {
      draft.addAttribute(stamp, timeStart, timeLength)
      return
    }
    draft.hasTime = true
    draft.millis = millis
    draft.nanos = nanos
    draft.timeStart = timeStart
    draft.timeLength = timeLength
  }

  private readRole(bytes: Uint8Array): boolean {
    const { roleLength, roleStart } = this.draft
    return this.readExtent(bytes, roleStart[role.time], roleLength[role.time])
  }

  private readExtent(bytes: Uint8Array, start: number, length: number): boolean {
    const { draft, instant } = this
    const from = start >= 0 ? start : -1 - start
    if (!readTimestampValue(draft.sourceOf(start, bytes), from, from + length, this.time, instant)) return false
    draft.takeTime(instant, start, length)
    return true
  }

  /** Another field that claims the time, best first; a time of day is read behind the date beside it. */
  private readOther(bytes: Uint8Array): boolean {
    const { draft } = this
    if ((draft.claims & (1 << role.time)) === 0) return false
    const start = draft.roleStart[role.time]
    const from = start >= 0 ? start : -1 - start
    const source = draft.sourceOf(start, bytes)
    const isClock = isDigit(source[from]) && source[from + 2] === colon && source[from + 5] === colon
    const tried = new Set<number>()
    for (;;) {
      const index = this.bestOf(role.time, tried)
      if (index < 0) return false
      tried.add(index)
      if (isClock && this.readDayAndClock(bytes, index)) return true
      if (this.readExtent(bytes, draft.attributeStart[index], draft.attributeLength[index])) {
        draft.exchange(role.time, index)
        return true
      }
    }
  }

  private readDayAndClock(bytes: Uint8Array, index: number): boolean {
    const { draft } = this
    const length = draft.attributeLength[index] + 1 + draft.roleLength[role.time]
    if (length > 64) return false
    const at = draft.reserveScratch(length)
    let to = this.copy(bytes, draft.attributeStart[index], draft.attributeLength[index], at)
    draft.scratch[to++] = 32
    to = this.copy(bytes, draft.roleStart[role.time], draft.roleLength[role.time], to)
    draft.scratchUsed = to
    return this.readExtent(bytes, -1 - at, length)
  }

  private copy(bytes: Uint8Array, start: number, length: number, to: number): number {
    const source = this.draft.sourceOf(start, bytes)
    const from = start >= 0 ? start : -1 - start
    for (let i = 0; i < length; i++) this.draft.scratch[to + i] = source[from + i]
    return to + length
  }

  private readObject(bytes: Uint8Array): boolean {
    const { draft, instant } = this
    const seconds = this.bestOf(hint.seconds)
    if (seconds < 0) return false
    const nanos = this.bestOf(hint.nanos)
    const start = draft.attributeStart[seconds]
    const from = start >= 0 ? start : -1 - start
    const fraction = nanos < 0 ? 0 : draft.attributeStart[nanos]
    const nanosFrom = fraction >= 0 ? fraction : -1 - fraction
    const behind = nanos < 0 ? nanosFrom : nanosFrom + draft.attributeLength[nanos]
    const to = from + draft.attributeLength[seconds]
    const source = draft.sourceOf(start, bytes)
    if (!readSecondsAndNanos(source, from, to, draft.sourceOf(fraction, bytes), nanosFrom, behind, instant))
      return false
    draft.takeTime(instant, start, draft.attributeLength[seconds])
    return true
  }

  private readHint(bytes: Uint8Array): void {
    const { draft } = this
    const tried = new Set<number>()
    for (;;) {
      const index = this.bestOf(hint.time, tried)
      if (index < 0 || this.readExtent(bytes, draft.attributeStart[index], draft.attributeLength[index])) return
      tried.add(index)
    }
  }

  /**
   * Severity number of a record whose first level is none, or a number beside words, which are unambiguous; 0 when it has
   * no level at all. The field that gave it fills the role.
   */
  severity(bytes: Uint8Array, read: number): number {
    const { draft } = this
    const tried = new Set<number>()
    if ((draft.claims & (1 << role.severity)) !== 0 && (read === 0 || this.isNumber(bytes))) {
      for (;;) {
        const index = this.bestOf(role.severity, tried)
        if (index < 0) break
        tried.add(index)
        const number = this.level(bytes, index)
        if (number === 0 || (read > 0 && this.startsWithDigit(bytes, draft.attributeStart[index]))) continue
        draft.exchange(role.severity, index)
        return number
      }
    }
    if (read > 0) return read
    return this.hintedSeverity(bytes)
  }

  private hintedSeverity(bytes: Uint8Array): number {
    const { draft } = this
    if ((draft.claims & (1 << hint.severity)) !== 0) {
      const tried = new Set<number>()
      for (let index = this.bestOf(hint.severity, tried); index >= 0; index = this.bestOf(hint.severity, tried)) {
        tried.add(index)
        if (this.startsWithDigit(bytes, draft.attributeStart[index])) {
          const number = this.severityOfStatus(bytes, index)
          if (number > 0) return number
        } else {
          const number = this.level(bytes, index)
          if (number > 0) return number
        }
      }
    }
    if ((draft.claims & (1 << hint.status)) === 0) return 0
    const index = this.bestOf(hint.status)
    return index < 0 ? 0 : this.severityOfStatus(bytes, index)
  }

  /** Access records name their request; a failing answer is a warning (4xx) or an error (5xx). */
  private severityOfStatus(bytes: Uint8Array, index: number): number {
    const { draft } = this
    if (draft.attributeLength[index] !== 3) return 0
    const start = draft.attributeStart[index]
    const first = draft.sourceOf(start, bytes)[start >= 0 ? start : -1 - start]
    if (first !== 52 && first !== 53) return 0
    const isOwn = draft.keys.roleAndRank[draft.attributeKey[index]] >> rankBits === hint.status
    if (!isOwn && !this.requests.some((key) => draft.hasAttribute(key))) return 0
    return first === 53 ? 17 : 13
  }

  private level(bytes: Uint8Array, index: number): number {
    const start = this.draft.attributeStart[index]
    const from = start >= 0 ? start : -1 - start
    return this.severities.read(this.draft.sourceOf(start, bytes), from, from + this.draft.attributeLength[index])
  }

  private isNumber(bytes: Uint8Array): boolean {
    return this.startsWithDigit(bytes, this.draft.roleStart[role.severity])
  }

  private startsWithDigit(bytes: Uint8Array, start: number): boolean {
    return isDigit(this.draft.sourceOf(start, bytes)[start >= 0 ? start : -1 - start])
  }

  /** Gives a record whose body is empty or missing the text of another field that holds one. */
  body(): void {
    const { draft } = this
    if (draft.hasRole(role.body)) {
      if (draft.roleLength[role.body] > 0 || (draft.claims & (1 << role.body)) === 0) return
      const tried = new Set<number>()
      for (let index = this.bestOf(role.body, tried); index >= 0; index = this.bestOf(role.body, tried)) {
        if (draft.attributeLength[index] > 0) {
          draft.exchange(role.body, index)
          return
        }
        tried.add(index)
      }
      return
    }
    if ((draft.claims & (1 << hint.body)) === 0) return
    const index = this.bestOf(hint.body)
    if (index >= 0 && draft.attributeLength[index] > 0)
      draft.setRole(role.body, draft.attributeStart[index], draft.attributeLength[index])
  }

  /** bunyan names the program `name`; its records also have a host, a pid and a version. */
  service(): void {
    const { draft } = this
    if (draft.hasRole(role.service) || (draft.claims & (1 << hint.program)) === 0) return
    if (!draft.hasRole(role.host) || !draft.hasAttribute(this.version) || !draft.hasAttribute(this.processId)) return
    const index = this.bestOf(hint.program)
    if (index >= 0) draft.setRole(role.service, draft.attributeStart[index], draft.attributeLength[index])
  }

  /** The attribute of best rank whose key has the role, those tried left out; -1 when there is none. */
  private bestOf(which: number, tried?: ReadonlySet<number>): number {
    const { attributeCount, attributeKey, keys } = this.draft
    let best = -1
    let bestRank = rankMask + 1
    for (let index = 0; index < attributeCount; index++) {
      const roleAndRank = keys.roleAndRank[attributeKey[index]]
      if (roleAndRank >> rankBits !== which || (roleAndRank & rankMask) >= bestRank || tried?.has(index)) continue
      best = index
      bestRank = roleAndRank & rankMask
    }
    return best
  }
}
