// RecordWriter: writes drafts to the columns of a batch, with the frame's own attributes and the guards of the stage.
import type { DictionaryColumn } from "@tailrace/domain/dictionary-column"
import type { LogBatch } from "@tailrace/domain/log-batch"
import { severityTextOf } from "@tailrace/domain/severity"
import type { TextColumn } from "@tailrace/domain/text-column"
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { FieldChoice } from "./field-choice.ts"
import { hint, role } from "./field-roles.ts"
import type { FrameAttributes } from "./frame-attributes.ts"
import type { Instant } from "./instant.ts"
import { joinBytes } from "./journal-bytes.ts"
import type { RecordDraft } from "./record-draft.ts"
import { SeverityReader } from "./severity-reader.ts"
import { isBelievable, readTimestampValue, type SkewGuard, type TimeContext } from "./timestamps.ts"

/** Longest severity number a record can state, after the OpenTelemetry Logs Data Model. */
const highestSeverity = 24

const severityClaims = 1 << role.severity
const choiceClaims = (1 << role.body) | (1 << hint.body) | (1 << hint.program)

interface WriterOptions extends SkewGuard {
  /** Bytes of a body; what is longer is cut and said so. */
  readonly maximumBodyBytes: number
}

export class RecordWriter {
  private readonly draft: RecordDraft
  private readonly options: WriterOptions
  private readonly time: TimeContext
  private readonly instant: Instant
  private readonly choice: FieldChoice
  private readonly severities = new SeverityReader()
  private readonly severityCodes = new Int32Array(highestSeverity + 1).fill(-1)
  private readonly originalTime: number
  private readonly original: number
  private readonly truncated: number
  private readonly zone: number
  private readonly stamp: number
  private readonly dockerText: number
  private readonly journalText: number

  constructor(draft: RecordDraft, options: WriterOptions, time: TimeContext, instant: Instant) {
    this.draft = draft
    this.options = options
    this.time = time
    this.instant = instant
    this.choice = new FieldChoice(draft, time, instant, this.severities)
    this.originalTime = draft.keys.fix("timestamp.original")
    this.original = draft.keys.fix("log.original")
    this.truncated = draft.keys.fix("log.truncated_bytes")
    this.zone = draft.keys.fix("timestamp.zone")
    this.stamp = draft.keys.fix("timestamp.stamp")
    this.dockerText = draft.keys.fix("log")
    this.journalText = draft.keys.fix("MESSAGE")
  }

  /** Forgets the dictionary codes of the batch before; call when a frame begins. */
  beginFrame(): void {
    this.draft.keys.forgetCodes()
    this.severityCodes.fill(-1)
  }

  /** Writes the draft of the message `bytes[start, end)` as a new row of the batch's current frame. */
  write(batch: LogBatch, bytes: Uint8Array, start: number, end: number, parsed: boolean, frame: FrameAttributes): void {
    const draft = this.draft
    const row = batch.appendRow()
    batch.parsed[row] = parsed ? 1 : 0
    this.writeTime(batch, row, bytes)
    this.writeSeverity(batch, row, bytes)
    if ((draft.claims & choiceClaims) !== 0) this.choose()
    if (draft.roleKey[role.body] === this.journalText) joinBytes(draft, bytes)
    // A record without a text of its own is shown and searched by its whole message.
    if (!draft.hasRole(role.body)) draft.setRole(role.body, start, end - start)
    else if (draft.keepOriginal || draft.overflow) draft.addOriginal(this.original, start, end - start)
    this.writeBody(batch, row, bytes)
    batch.service.codes[row] = this.code(batch.service, role.service, bytes, frame.serviceCode)
    batch.host.codes[row] = this.code(batch.host, role.host, bytes, frame.hostCode)
    this.putText(batch.traceId, row, role.traceId, bytes)
    this.putText(batch.spanId, row, role.spanId, bytes)
    this.writeAttributes(batch, row, bytes)
    frame.writeTo(batch, row, draft)
  }

  private choose(): void {
    const { draft } = this
    if ((draft.claims & choiceClaims) !== 1 << hint.program) this.choice.body()
    if ((draft.claims & (1 << hint.program)) !== 0) this.choice.service()
  }

  private writeTime(batch: LogBatch, row: number, bytes: Uint8Array): void {
    const draft = this.draft
    if (!draft.hasTime) {
      if (!draft.hasRole(role.time) && draft.claims === 0) return
      if (draft.hasRole(role.time) && this.readTime(bytes))
        draft.takeTime(this.instant, draft.roleStart[role.time], draft.roleLength[role.time])
      else this.choice.readTime(bytes)
      if (!draft.hasTime) return
    } else if (draft.isEnvelope && draft.hasRole(role.time)) this.choice.readInnerTime(bytes, this.stamp)
    if (draft.zoneLength > 0) draft.addAttribute(this.zone, draft.zoneStart, draft.zoneLength)
    if (isBelievable(draft.millis, this.time.nearMillis, this.options)) {
      batch.timeMillis[row] = draft.millis
      batch.timeNanos[row] = draft.nanos
    } else draft.addAttribute(this.originalTime, draft.timeStart, draft.timeLength)
  }

  private readTime(bytes: Uint8Array): boolean {
    const source = this.source(role.time, bytes)
    return readTimestampValue(source, this.from(role.time), this.to(role.time), this.time, this.instant)
  }

  private writeSeverity(batch: LogBatch, row: number, bytes: Uint8Array): void {
    const draft = this.draft
    let number = draft.severityNumber
    if (number === 0 && draft.hasRole(role.severityNumber)) {
      number = this.statedNumber(bytes)
      if (number === 0) draft.demote(role.severityNumber)
    }
    const stated = number
    if (draft.isEnvelope) number = 0
    if (draft.hasRole(role.severity)) {
      const read = this.severities.read(
        this.source(role.severity, bytes),
        this.from(role.severity),
        this.to(role.severity)
      )
      if (number === 0)
        number = read > 0 && (draft.claims & severityClaims) === 0 ? read : this.choice.severity(bytes, read)
      // A word of the sender's own stays what it was, an attribute: it can be searched, though it has no rank.
      if (read === 0) this.keepLevel(bytes, number)
    } else if (number === 0 && draft.claims !== 0) number = this.choice.severity(bytes, 0)
    if (number === 0) number = stated
    batch.severityNumber[row] = number
    if (number === 0) return
    let code = this.severityCodes[number]
    if (code < 0) {
      code = batch.severity.internText(severityTextOf(number))
      this.severityCodes[number] = code
    }
    batch.severity.codes[row] = code
  }

  /** Turns the field of the severity back into an attribute unless the severity was read from it after all. */
  private keepLevel(bytes: Uint8Array, number: number): void {
    const source = this.source(role.severity, bytes)
    const own = this.severities.read(source, this.from(role.severity), this.to(role.severity))
    if (own === 0 || own !== number) this.draft.demote(role.severity)
  }

  private statedNumber(bytes: Uint8Array): number {
    const source = this.source(role.severityNumber, bytes)
    let value = 0
    for (let i = this.from(role.severityNumber); i < this.to(role.severityNumber); i++) {
      const digit = source[i] - 48
      if (digit < 0 || digit > 9 || value > highestSeverity) return 0
      value = value * 10 + digit
    }
    return value <= highestSeverity ? value : 0
  }

  private writeBody(batch: LogBatch, row: number, bytes: Uint8Array): void {
    const source = this.source(role.body, bytes)
    const from = this.from(role.body)
    let to = this.to(role.body)
    // The line end that Docker puts behind each line is no part of it.
    if (this.draft.roleKey[role.body] === this.dockerText && source[to - 1] === 10 && to > from) to--
    if (to - from > this.options.maximumBodyBytes) {
      const whole = to
      to = characterBorder(source, from, from + this.options.maximumBodyBytes)
      const text = encodeUtf8(String(whole - to))
      const at = this.draft.reserveScratch(text.length)
      this.draft.scratch.set(text, at)
      this.draft.scratchUsed = at + text.length
      this.draft.addAttribute(this.truncated, -1 - at, text.length)
    }
    batch.body.put(row, source, from, to)
  }

  /** Code of a role's text, or the frame's when the record has none. */
  private code(column: DictionaryColumn, which: number, bytes: Uint8Array, usual: number): number {
    const { roleKey, roleLength, roleStart, scratch } = this.draft
    if (roleKey[which] < 0) return usual
    const start = roleStart[which]
    if (start >= 0) return column.intern(bytes, start, start + roleLength[which])
    return column.intern(scratch, -1 - start, -1 - start + roleLength[which])
  }

  private putText(column: TextColumn, row: number, which: number, bytes: Uint8Array): void {
    const { roleKey, roleLength, roleStart, scratch } = this.draft
    const start = roleStart[which]
    if (roleKey[which] < 0) column.put(row, bytes, 0, 0)
    else if (start >= 0) column.put(row, bytes, start, start + roleLength[which])
    else column.put(row, scratch, -1 - start, -1 - start + roleLength[which])
  }

  private writeAttributes(batch: LogBatch, row: number, bytes: Uint8Array): void {
    const { attributeCount, attributeKey, attributeStart, attributeLength, keys, scratch } = this.draft
    if (attributeCount === 0) return
    const list = batch.attributes
    const first = list.linkRun(row, attributeCount)
    const { codes } = list.keys
    for (let i = 0; i < attributeCount; i++) {
      const start = attributeStart[i]
      codes[first + i] = keys.codeOf(attributeKey[i], list.keys)
      if (start >= 0) list.values.put(first + i, bytes, start, start + attributeLength[i])
      else list.values.put(first + i, scratch, -1 - start, -1 - start + attributeLength[i])
    }
  }

  private source(which: number, bytes: Uint8Array): Uint8Array {
    return this.draft.roleStart[which] >= 0 ? bytes : this.draft.scratch
  }

  private from(which: number): number {
    const start = this.draft.roleStart[which]
    return start >= 0 ? start : -1 - start
  }

  private to(which: number): number {
    return this.from(which) + this.draft.roleLength[which]
  }
}

/** The last position at or before `at` that does not cut a UTF-8 character; bytes that are no UTF-8 are cut anywhere. */
const characterBorder = (bytes: Uint8Array, start: number, at: number): number => {
  let position = at
  while (position > start && position > at - 4 && (bytes[position] & 0xc0) === 0x80) position--
  return (bytes[position] & 0xc0) === 0x80 ? at : position
}
