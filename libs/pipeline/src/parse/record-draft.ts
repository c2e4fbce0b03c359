// RecordDraft: one record as a codec read it, as extents of bytes; nothing is copied before the codec is sure.
import { rankBits, rankMask, role, roleCount } from "./field-roles.ts"
import type { Instant } from "./instant.ts"
import type { KeyTable } from "./key-table.ts"

const initialAttributes = 64
const lastNumber = 0x3fffffff

/**
 * A codec fills a draft; the stage writes it to the batch only when the codec answers true. A text is an extent: `start`
 * at or above 0 lies in the message's bytes, below 0 it lies at `-1 - start` of `scratch` (unescaped or composed text).
 * Reused for every record.
 */
export class RecordDraft {
  readonly keys: KeyTable
  /** Most attributes a record may have; see `overflow`. */
  readonly maximumAttributes: number
  /** Key, extent of each role's text; key -1 when the role has no text. */
  readonly roleKey = new Int32Array(roleCount)
  readonly roleStart = new Int32Array(roleCount)
  readonly roleLength = new Int32Array(roleCount)
  attributeKey: Int32Array = new Int32Array(initialAttributes)
  attributeStart: Int32Array = new Int32Array(initialAttributes)
  attributeLength: Int32Array = new Int32Array(initialAttributes)
  attributeCount = 0
  /** Whether the record had more attributes than it may have; the whole message is then kept beside them. */
  overflow = false
  /** Roles that two or more fields of the record claim, and hints that it holds: a bit for each number. */
  claims = 0
  /** Whether the message strays from its format, so that its text is kept beside what was read. */
  keepOriginal = false
  /** Time read by the codec itself (it then fills no time role), with the extent of its text. */
  hasTime = false
  millis = 0
  nanos = 0
  timeStart = 0
  timeLength = 0
  /** Text of a zone that was not understood, or that is the name of several; length 0 when there is nothing to say. */
  zoneStart = 0
  zoneLength = 0
  /** Severity number read by the codec itself, 0 for none. */
  severityNumber = 0
  /** Whether time and severity are those of a header around another message, whose own ones win. */
  isEnvelope = false
  scratch: Uint8Array = new Uint8Array(4096)
  scratchUsed = 0
  private recordNumber = 0
  private readonly outerRoles = new Int32Array(3 * roleCount)
  private outerAttributes = 0
  private outerSeverity = 0
  private outerTime = false
  private outerMillis = 0
  private outerNanos = 0
  private outerTimeStart = 0
  private outerTimeLength = 0

  constructor(keys: KeyTable, maximumAttributes: number) {
    this.keys = keys
    this.maximumAttributes = maximumAttributes
  }

  /** Empties the draft for the next attempt to read a record. */
  begin(): void {
    this.recordNumber = this.recordNumber === lastNumber ? this.keys.restartNumbers() : this.recordNumber + 1
    this.keys.makeRoom()
    // A loop, because fill is a call that costs more than nine writes.
    for (let which = 0; which < roleCount; which++) this.roleKey[which] = -1
    this.attributeCount = 0
    this.overflow = false
    this.claims = 0
    this.keepOriginal = false
    this.hasTime = false
    this.zoneLength = 0
    this.isEnvelope = false
    this.severityNumber = 0
    this.scratchUsed = 0
  }

  /** Gives a role its text outright, for codecs whose format says what a text is. */
  setRole(which: number, start: number, length: number): void {
    this.roleKey[which] = 0
    this.roleStart[which] = start
    this.roleLength[which] = length
  }

  hasRole(which: number): boolean {
    return this.roleKey[which] >= 0
  }

  /** Takes a time as it was read, with the extent of its text. */
  takeTime(instant: Instant, start: number, length: number): void {
    this.hasTime = true
    this.millis = instant.millis
    this.nanos = instant.nanos
    this.timeStart = start
    this.timeLength = length
    const zoneLength = instant.zoneEnd - instant.zoneStart
    if (zoneLength === 0) return
    this.zoneStart = start >= 0 ? instant.zoneStart : -1 - instant.zoneStart
    this.zoneLength = zoneLength
    instant.zoneEnd = instant.zoneStart
  }

  /** What was read so far is the header around a message whose fields come next. */
  beginInner(): void {
    this.isEnvelope = true
    this.roleKey[role.body] = -1
    this.outerRoles.set(this.roleKey)
    this.outerRoles.set(this.roleStart, roleCount)
    this.outerRoles.set(this.roleLength, 2 * roleCount)
    this.outerAttributes = this.attributeCount
    this.outerSeverity = this.severityNumber
    this.outerTime = this.hasTime
    this.outerMillis = this.millis
    this.outerNanos = this.nanos
    this.outerTimeStart = this.timeStart
    this.outerTimeLength = this.timeLength
  }

  /** Forgets what a codec that failed has left: the whole draft, or all behind `beginInner`. */
  retry(): void {
    if (!this.isEnvelope) {
      this.begin()
      return
    }
    this.roleKey.set(this.outerRoles.subarray(0, roleCount))
    this.roleStart.set(this.outerRoles.subarray(roleCount, 2 * roleCount))
    this.roleLength.set(this.outerRoles.subarray(2 * roleCount))
    const { attributeKey, keys } = this
    for (let i = this.outerAttributes; i < this.attributeCount; i++) keys.seenInRecord[attributeKey[i]] = 0
    this.attributeCount = this.outerAttributes
    this.severityNumber = this.outerSeverity
    this.hasTime = this.outerTime
    this.millis = this.outerMillis
    this.nanos = this.outerNanos
    this.timeStart = this.outerTimeStart
    this.timeLength = this.outerTimeLength
  }

  /** Adds a field under a key: a well-known field when the key has that role, else an attribute. The last of equal keys wins. */
  addField(key: number, start: number, length: number): void {
    const roleAndRank = key < 0 ? 0 : this.keys.roleAndRank[key]
    if (roleAndRank === 0) {
      this.addAttribute(key, start, length)
      return
    }
    const which = roleAndRank >> rankBits
    // What a hint or a second claim needs stands apart, so that this stays small enough to be inlined.
    if (which >= roleCount || this.roleKey[which] >= 0) this.addClaim(which, key, roleAndRank, start, length)
    else {
      this.roleKey[which] = key
      this.roleStart[which] = start
      this.roleLength[which] = length
    }
  }

  private addClaim(which: number, key: number, roleAndRank: number, start: number, length: number): void {
    if (which >= roleCount) this.claims |= 1 << which
    else if (this.givesWay(which, key, roleAndRank)) {
      this.roleKey[which] = key
      this.roleStart[which] = start
      this.roleLength[which] = length
      return
    }
    this.addAttribute(key, start, length)
  }

  /** Whether the holder of a role gives way to a field of the same key or of a better name; it is then kept. */
  private givesWay(which: number, key: number, roleAndRank: number): boolean {
    const holder = this.roleKey[which]
    if (holder === key) {
      this.keepOriginal = true
      return true
    }
    this.claims |= 1 << which
    if ((this.keys.roleAndRank[holder] & rankMask) <= (roleAndRank & rankMask)) return false
    this.addAttribute(holder, this.roleStart[which], this.roleLength[which])
    return true
  }

  /** Adds an attribute whatever role its key has. */
  addAttribute(key: number, start: number, length: number): void {
    const at = this.attributeCount
    if (key < 0 || at >= this.maximumAttributes || this.keys.seenInRecord[key] === this.recordNumber) {
      this.addAgain(key, start, length)
      return
    }
    if (at >= this.attributeKey.length) this.growAttributes()
    this.attributeCount = at + 1
    this.attributeKey[at] = key
    this.attributeStart[at] = start
    this.attributeLength[at] = length
    this.keys.seenInRecord[key] = this.recordNumber
    this.keys.seenAt[key] = at
  }

  private addAgain(key: number, start: number, length: number): void {
    if (key < 0 || this.keys.seenInRecord[key] !== this.recordNumber) {
      this.overflow = true
      return
    }
    const at = this.keys.seenAt[key]
    // The text of the first of two equal keys stands in the whole message only.
    if (key > 0 && this.attributeLength[at] > 0) this.keepOriginal = true
    this.attributeStart[at] = start
    this.attributeLength[at] = length
  }

  /** Adds the message's own text, even to a record that has all the attributes it may have. */
  addOriginal(key: number, start: number, length: number): void {
    if (this.attributeCount >= this.maximumAttributes) this.attributeCount = this.maximumAttributes - 1
    this.addAttribute(key, start, length)
  }

  /** Whether the record has an attribute under `key`. */
  hasAttribute(key: number): boolean {
    return this.keys.seenInRecord[key] === this.recordNumber
  }

  /** Turns a role's text back into an attribute under its own key, when it cannot be what the key promised. */
  demote(which: number): void {
    const key = this.roleKey[which]
    if (key < 0) return
    this.roleKey[which] = -1
    this.addAttribute(key, this.roleStart[which], this.roleLength[which])
  }

  /** Exchanges a role's text with the attribute at `index`, whose key has the same role. */
  exchange(which: number, index: number): void {
    const { keys } = this
    const key = this.attributeKey[index]
    const start = this.attributeStart[index]
    const length = this.attributeLength[index]
    const holder = this.roleKey[which]
    this.attributeKey[index] = holder
    this.attributeStart[index] = this.roleStart[which]
    this.attributeLength[index] = this.roleLength[which]
    keys.seenInRecord[key] = 0
    keys.seenInRecord[holder] = this.recordNumber
    keys.seenAt[holder] = index
    this.roleKey[which] = key
    this.roleStart[which] = start
    this.roleLength[which] = length
  }

  /** The bytes an extent's text lies in. */
  sourceOf(start: number, bytes: Uint8Array): Uint8Array {
    return start >= 0 ? bytes : this.scratch
  }

  /** Room for `length` more bytes of scratch; answers where they begin. */
  reserveScratch(length: number): number {
    const needed = this.scratchUsed + length
    if (needed > this.scratch.length) {
      const scratch = new Uint8Array(Math.max(needed, this.scratch.length * 2))
      scratch.set(this.scratch.subarray(0, this.scratchUsed))
      this.scratch = scratch
    }
    return this.scratchUsed
  }

  private growAttributes(): void {
    this.attributeKey = grown(this.attributeKey)
    this.attributeStart = grown(this.attributeStart)
    this.attributeLength = grown(this.attributeLength)
  }
}

const grown = (source: Int32Array): Int32Array => {
  const target = new Int32Array(source.length * 2)
  target.set(source)
  return target
}
