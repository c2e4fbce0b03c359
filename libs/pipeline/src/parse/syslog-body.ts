// Syslog body: messages of another format inside syslog, and what devices write between priority and time.
import type { Codec, CodecContext } from "./codec.ts"
import { bindCef } from "./codecs/cef.ts"
import { bindHaproxy } from "./codecs/haproxy.ts"
import { bindLenientLogfmt } from "./codecs/logfmt.ts"
import { role } from "./field-roles.ts"
import { InnerMessage } from "./inner-message.ts"
import { isDigit } from "./instant.ts"
import type { RecordDraft } from "./record-draft.ts"
import { wordEnd } from "./syslog-header.ts"
import { readTimestamp } from "./timestamps.ts"

const space = 32
const colon = 58
const equals = 61
const brace = 123
const at = 64
const percent = 37

/** Reads JSON (behind a CEE cookie or not), CEF, LEEF and pairs in the body of a draft that syslog has read. */
export class SyslogBody {
  private readonly inner = new InnerMessage(8)
  private readonly logfmt: Codec
  private readonly cef: Codec
  private readonly haproxy: Codec

  constructor(context: CodecContext) {
    this.logfmt = bindLenientLogfmt(context)
    this.cef = bindCef(context)
    this.haproxy = bindHaproxy(context)
  }

  /** Reads an object without any header; false when it is none. */
  readObject(bytes: Uint8Array, start: number, end: number, draft: RecordDraft): boolean {
    return this.inner.read(bytes, start, end, draft)
  }

  read(bytes: Uint8Array, end: number, draft: RecordDraft): void {
    const start = draft.roleStart[role.body]
    if (start < 0) return
    const first = bytes[start]
    if (first === brace || first === at) {
      if (this.inner.read(bytes, start, end, draft)) draft.keepOriginal = false
      return
    }
    if (draft.hasRole(role.service)) {
      const service = draft.roleStart[role.service]
      const isEvent = bytes[start - 1] === colon && (bytes[service] === 67 || bytes[service] === 76)
      if (isEvent) this.readInto(this.cef, bytes, service, end, draft, true)
      else if (isDigit(first) && bytes[service] === 104) this.readInto(this.haproxy, bytes, start, end, draft, false)
      return
    }
    let mark = start
    while (mark < end && bytes[mark] > space && bytes[mark] !== equals && mark - start < 32) mark++
    if (bytes[mark] === equals && mark > start) this.readInto(this.logfmt, bytes, start, end, draft, false)
  }

  private readInto(
    codec: Codec,
    bytes: Uint8Array,
    start: number,
    end: number,
    draft: RecordDraft,
    named: boolean
  ): void {
    const length = draft.roleLength[role.body]
    const body = draft.roleStart[role.body]
    draft.beginInner()
    if (!codec.decode(bytes, start, end, draft)) {
      draft.retry()
      draft.setRole(role.body, body, length)
      return
    }
    // The event's mark was taken for a tag.
    if (named) draft.roleKey[role.service] = -1
    if (!draft.hasRole(role.body)) draft.setRole(role.body, start, end - start)
  }
}

/**
 * Reads what Cisco's devices write before the time: a number, the host and a mark that says how far the clock is to be
 * trusted (`4211: router1: *Nov 30 14:22:01.345 CET: `). Answers where the time begins, which is then in the context's
 * instant, or 0.
 */
export const readDevicePrefix = (
  bytes: Uint8Array,
  start: number,
  end: number,
  draft: RecordDraft,
  sequence: number,
  { instant, time }: CodecContext
): number => {
  let position = start
  while (position < end && isDigit(bytes[position])) position++
  const numberEnd = position
  if (bytes[position] !== colon || bytes[position + 1] !== space) position = start
  else position += 2
  const hasNumber = position > start && numberEnd > start
  const word = wordEnd(bytes, position, end)
  const isHost = bytes[word - 1] === colon && word - position > 1 && bytes[position] !== percent
  const direct = behindMark(bytes, position, end)
  if (readTimestamp(bytes, direct, end, time, instant)) {
    if (hasNumber) draft.addAttribute(sequence, start, numberEnd - start)
    return direct > start ? direct : 0
  }
  if (!isHost) return 0
  const behindHost = behindMark(bytes, word + 1, end)
  if (!readTimestamp(bytes, behindHost, end, time, instant)) return 0
  if (hasNumber) draft.addAttribute(sequence, start, numberEnd - start)
  draft.setRole(role.host, position, word - 1 - position)
  return behindHost
}

const behindMark = (bytes: Uint8Array, position: number, end: number): number => {
  let behind = position
  while (behind < end && (bytes[behind] === space || bytes[behind] === 42 || bytes[behind] === 46)) behind++
  return behind
}
