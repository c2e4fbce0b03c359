// The nginx codec: nginx's error log; its access log is read by clf.
import { Effect, Schema } from "effect"
import { type BindCodec, defineCodec } from "../codec.ts"
import { role } from "../field-roles.ts"
import { headerLevel, surroundings } from "../header-level.ts"
import { isDigit } from "../instant.ts"
import type { RecordDraft } from "../record-draft.ts"
import { readTimestamp } from "../timestamps.ts"

const NginxConfig = Schema.Struct({})

export const nginx = defineCodec({
  name: "nginx",
  summary:
    "Reads nginx's error log: process, thread, connection, and the client, server, request and upstream it names.",
  config: NginxConfig,
  examples: [{ title: "error.log", config: {} }],
  make: () => Effect.succeed(bindNginx)
})

const space = 32
const slash = 47
const colon = 58
const comma = 44
const quote = 34
const hash = 35
const star = 42
const openBracket = 91
const closeBracket = 93
const fields = ["client", "server", "request", "upstream", "host", "referrer"]

/** The body is all behind the level, as it stands. Attributes: `pid`, `tid`, `nginx.connection`, and the fields by their names. */
export const bindNginx: BindCodec = ({ keys, time, instant }) => {
  const processId = keys.fix("pid")
  const threadId = keys.fix("tid")
  const connection = keys.fix("nginx.connection")
  const excess = keys.fix("nginx.excess")
  const zoneName = keys.fix("nginx.zone")
  const named = fields.map((name) => ({
    bytes: new TextEncoder().encode(` ${name}: `),
    key: keys.fix(
      name === "host" ? "http.host" : name === "referrer" ? "referer" : name === "request" ? "http.request" : name
    )
  }))
  return {
    name: "nginx",
    decode: (bytes, start, end, draft) => {
      if (bytes[start + 4] !== slash || !readTimestamp(bytes, start, end, time, instant)) return false
      const at = instant.end + 2
      if (bytes[at - 2] !== space || bytes[at - 1] !== openBracket) return false
      let closing = at
      while (closing < end && bytes[closing] >= 97 && bytes[closing] <= 122) closing++
      const level = bytes[closing] === closeBracket ? headerLevel(bytes, at, closing, surroundings.marked) : 0
      const process = closing + 2
      const processEnd = digitsEnd(bytes, process, end)
      if (level === 0 || processEnd === process || bytes[processEnd] !== hash) return false
      const threadEnd = digitsEnd(bytes, processEnd + 1, end)
      draft.takeTime(instant, start, instant.end - start)
      draft.severityNumber = level
      draft.addAttribute(processId, process, processEnd - process)
      draft.addAttribute(threadId, processEnd + 1, threadEnd - processEnd - 1)
      if (bytes[threadEnd] === colon && bytes[threadEnd + 2] === star) {
        const behind = digitsEnd(bytes, threadEnd + 3, end)
        draft.addAttribute(connection, threadEnd + 3, behind - threadEnd - 3)
      }
      addFields(bytes, threadEnd, end, draft, named)
      addLimit(bytes, threadEnd, end, draft, excess, zoneName)
      draft.setRole(role.body, process, end - process)
      return true
    }
  }
}

const digitsEnd = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at
  while (position < end && isDigit(bytes[position])) position++
  return position
}

interface NamedField {
  /** The name as it stands in the line: behind a blank, before a colon and a blank. */
  readonly bytes: Uint8Array
  readonly key: number
}

/** Adds what stands behind each `, name: `, in quotes or up to the next comma; the first of two of a name. */
const addFields = (
  bytes: Uint8Array,
  from: number,
  end: number,
  draft: RecordDraft,
  named: ReadonlyArray<NamedField>
): void => {
  for (let at = from + 1; at < end; at++) {
    if (bytes[at] !== space || bytes[at - 1] !== comma) continue
    const field = fieldAt(bytes, at, end, named)
    if (field === undefined || draft.hasAttribute(field.key)) continue
    const behindName = at + field.bytes.length
    const isQuoted = bytes[behindName] === quote
    const start = isQuoted ? behindName + 1 : behindName
    let behind = start
    while (behind < end && bytes[behind] !== (isQuoted ? quote : comma)) behind++
    draft.addAttribute(field.key, start, behind - start)
    at = behind - 1
  }
}

const fieldAt = (
  bytes: Uint8Array,
  at: number,
  end: number,
  named: ReadonlyArray<NamedField>
): NamedField | undefined => {
  for (let i = 0; i < named.length; i++) {
    const name = named[i].bytes
    if (bytes[at + 1] !== name[1] || at + name.length >= end) continue
    let same = 2
    while (same < name.length && bytes[at + same] === name[same]) same++
    if (same === name.length) return named[i]
  }
  return undefined
}

const limitMark = new TextEncoder().encode("ing requests, excess: ")
const zoneMark = new TextEncoder().encode(' by zone "')

/** Adds what a limit was exceeded by, and the limit's zone: `limiting requests, excess: 50.416 by zone "api"`. */
const addLimit = (
  bytes: Uint8Array,
  from: number,
  end: number,
  draft: RecordDraft,
  excess: number,
  zoneName: number
): void => {
  // The words stand right behind the connection, so a search through the whole line is not needed.
  const limit = Math.min(end, from + 64)
  for (let at = from; at < limit; at++) {
    if (!startsWith(bytes, at, end, limitMark)) continue
    const start = at + limitMark.length
    let stop = start
    while (stop < end && (isDigit(bytes[stop]) || bytes[stop] === 46)) stop++
    if (stop > start) draft.addAttribute(excess, start, stop - start)
    const zone = bytes[stop] === comma ? stop + 1 : stop
    if (!startsWith(bytes, zone, end, zoneMark)) return
    const name = zone + zoneMark.length
    let behind = name
    while (behind < end && bytes[behind] !== quote) behind++
    draft.addAttribute(zoneName, name, behind - name)
    return
  }
}

const startsWith = (bytes: Uint8Array, at: number, end: number, mark: Uint8Array): boolean => {
  if (at + mark.length > end) return false
  for (let i = 0; i < mark.length; i++) if (bytes[at + i] !== mark[i]) return false
  return true
}
