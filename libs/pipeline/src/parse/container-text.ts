// ContainerText: the line of a program inside Docker's JSON, read as if the program had sent it.
import { role, roleCount } from "./field-roles.ts"
import type { InnerMessage } from "./inner-message.ts"
import type { KeyTable } from "./key-table.ts"
import type { RecordDraft } from "./record-draft.ts"

/** Reads a text as `Codec.decode` does. */
export type DecodeText = (bytes: Uint8Array, start: number, end: number, draft: RecordDraft) => boolean

const own = [role.time, role.severity, role.body]

/** Looks into `{"log":"...\n","stream":"stdout","time":"..."}`, whose stamp of the way fills a gap only. */
export class ContainerText {
  private readonly inner: InnerMessage
  private readonly decode: DecodeText
  private readonly log: number
  private readonly stream: number
  private readonly stamp: number
  private readonly roleKeys = new Int32Array(roleCount)
  private readonly roleStarts = new Int32Array(roleCount)
  private readonly roleLengths = new Int32Array(roleCount)
  private attributeStarts = new Int32Array(64)

  constructor(keys: KeyTable, inner: InnerMessage, decode: DecodeText) {
    this.inner = inner
    this.decode = decode
    this.log = keys.fix("log")
    this.stream = keys.fix("stream")
    this.stamp = keys.fix("timestamp.stamp")
  }

  /** Reads the text of a record that Docker wrote; leaves all others, and texts of no form, alone. */
  read(bytes: Uint8Array, draft: RecordDraft): void {
    if (draft.roleKey[role.body] !== this.log || !draft.hasAttribute(this.stream)) return
    const start = draft.roleStart[role.body]
    const from = start >= 0 ? start : -1 - start
    const source = draft.sourceOf(start, bytes)
    let to = from + draft.roleLength[role.body]
    while (to > from && (source[to - 1] === 10 || source[to - 1] === 13)) to--
    if (to === from) return
    const count = draft.attributeCount
    this.keep(draft, count)
    for (const which of own) draft.roleKey[which] = -1
    if (!this.inner.read(source, from, to, draft)) {
      draft.beginInner()
      if (!this.decode(source, from, to, draft)) draft.retry()
    }
    if (start < 0) this.flip(draft, count)
    this.merge(draft, from, to, start)
  }

  private keep(draft: RecordDraft, count: number): void {
    this.roleKeys.set(draft.roleKey)
    this.roleStarts.set(draft.roleStart)
    this.roleLengths.set(draft.roleLength)
    if (count > this.attributeStarts.length) this.attributeStarts = new Int32Array(count * 2)
    for (let i = 0; i < count; i++) this.attributeStarts[i] = draft.attributeStart[i]
  }

  /** Extents that were found in the scratch as if it were the message point into the scratch from now on. */
  private flip(draft: RecordDraft, count: number): void {
    for (let i = 0; i < draft.attributeCount; i++) {
      const isOld = i < count && draft.attributeStart[i] === this.attributeStarts[i]
      if (!isOld && draft.attributeStart[i] >= 0) draft.attributeStart[i] = -1 - draft.attributeStart[i]
    }
    for (let which = 1; which < roleCount; which++) {
      const isOld = draft.roleKey[which] === this.roleKeys[which] && draft.roleStart[which] === this.roleStarts[which]
      if (!isOld && draft.roleKey[which] >= 0 && draft.roleStart[which] >= 0)
        draft.roleStart[which] = -1 - draft.roleStart[which]
    }
    if (draft.hasTime && draft.timeStart >= 0) draft.timeStart = -1 - draft.timeStart
    if (draft.zoneLength > 0 && draft.zoneStart >= 0) draft.zoneStart = -1 - draft.zoneStart
  }

  private merge(draft: RecordDraft, from: number, to: number, start: number): void {
    if (this.roleKeys[role.time] >= 0) {
      if (draft.hasTime || draft.hasRole(role.time))
        draft.addAttribute(this.stamp, this.roleStarts[role.time], this.roleLengths[role.time])
      else this.restore(draft, role.time)
    }
    if (!draft.hasRole(role.severity)) this.restore(draft, role.severity)
    if (!draft.hasRole(role.body)) draft.setRole(role.body, start >= 0 ? from : -1 - from, to - from)
  }

  private restore(draft: RecordDraft, which: number): void {
    draft.roleKey[which] = this.roleKeys[which]
    draft.roleStart[which] = this.roleStarts[which]
    draft.roleLength[which] = this.roleLengths[which]
  }
}
