// The clf codec: access logs in the common and combined log formats.
import { Effect, Schema } from "effect"
import { AccessMore } from "../access-more.ts"
import { type BindCodec, defineCodec } from "../codec.ts"
import { role } from "../field-roles.ts"
import { isDigit } from "../instant.ts"
import type { RecordDraft } from "../record-draft.ts"
import { readCommonLog } from "../timestamp-month-name.ts"

const ClfConfig = Schema.Struct({})

export const clf = defineCodec({
  name: "clf",
  summary: "Reads access log lines in the common and combined log formats of Apache httpd, nginx and others.",
  config: ClfConfig,
  examples: [{ title: "Access log", config: {} }],
  make: () => Effect.succeed(bindClf)
})

const space = 32
const quote = 34
const openBracket = 91
const closeBracket = 93
const dash = 45
const backslash = 92
const headLimit = 512

const fields = [
  ...["http.host", "client", "identity", "user", "http.request", "http.method", "http.path", "http.version"],
  ...["http.status", "bytes", "referer", "user_agent"]
]

/**
 * `[host:port] client identity user [time] "request" status bytes ["referer" "user agent" [more]]`. The body is the
 * whole line; `-` means absent; the last quoted field may lack its closing quote. Severity by status: 5xx error, 4xx
 * warning, else information.
 */
export const bindClf: BindCodec = ({ keys, time, instant }) => {
  const [virtualHost, client, identity, user, request, method, path, protocol, status, size, referer, agent] =
    fields.map((key) => keys.fix(key))
  const more = new AccessMore(keys)

  return {
    name: "clf",
    decode: (bytes, start, end, draft) => {
      const bracket = timeBracket(bytes, start, end)
      if (bracket < 0 || !readCommonLog(bytes, bracket + 1, end, time.zone, instant)) return false
      const timeEnd = instant.end
      instant.zoneEnd = instant.zoneStart
      if (bytes[timeEnd] !== closeBracket || bytes[timeEnd + 1] !== space || bytes[timeEnd + 2] !== quote) return false
      const requestStart = timeEnd + 3
      const requestEnd = requestEndOf(bytes, requestStart, end)
      const statusStart = requestEnd + 2
      const statusEnd = statusStart + 3
      if (statusEnd > end || bytes[requestEnd + 1] !== space || !isStatus(bytes, statusStart)) return false
      if (statusEnd < end && bytes[statusEnd] !== space) return false

      let at = start
      let next = tokenEnd(bytes, at, bracket)
      if (isVirtualHost(bytes, at, next, bracket)) {
        add(draft, bytes, virtualHost, at, next)
        at = next + 1
        next = tokenEnd(bytes, at, bracket)
      }
      // X-Forwarded-For in place of the client: a list of addresses.
      while (bytes[next - 1] === 44 && next < bracket) next = tokenEnd(bytes, next + 1, bracket)
      add(draft, bytes, client, at, next)
      at = next + 1
      next = tokenEnd(bytes, at, bracket)
      if (next >= bracket - 1) return false
      add(draft, bytes, identity, at, next)
      add(draft, bytes, user, next + 1, bracket - 1)

      const methodEnd = tokenEnd(bytes, requestStart, requestEnd)
      const protocolStart = lastSpace(bytes, methodEnd, requestEnd) + 1
      if (methodEnd < requestEnd && protocolStart > methodEnd + 1 && isProtocol(bytes, protocolStart, requestEnd)) {
        add(draft, bytes, method, requestStart, methodEnd)
        add(draft, bytes, path, methodEnd + 1, protocolStart - 1)
        add(draft, bytes, protocol, protocolStart + 5, requestEnd)
      } else add(draft, bytes, request, requestStart, requestEnd)

      add(draft, bytes, status, statusStart, statusEnd)
      at = statusEnd + 1
      next = tokenEnd(bytes, at, end)
      add(draft, bytes, size, at, next)
      at = next + 1
      if (at < end && bytes[at] === quote) {
        next = quotedEnd(bytes, at + 1, end)
        add(draft, bytes, referer, at + 1, next)
        at = next + 2
        if (at < end && bytes[at] === quote) {
          next = quotedEnd(bytes, at + 1, end)
          add(draft, bytes, agent, at + 1, next)
          at = next + 2
        }
      }
      more.read(bytes, at, end, draft)
      const hundreds = bytes[statusStart]
      draft.severityNumber = hundreds === 53 ? 17 : hundreds === 52 ? 13 : 9
      draft.takeTime(instant, bracket + 1, timeEnd - bracket - 1)
      draft.setRole(role.body, start, end - start)
      return true
    }
  }
}

const add = (draft: RecordDraft, bytes: Uint8Array, key: number, from: number, to: number): void => {
  if (to > from && !(to === from + 1 && bytes[from] === dash)) draft.addAttribute(key, from, to - from)
}

const tokenEnd = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at
  while (position < end && bytes[position] !== space) position++
  return position
}

const lastSpace = (bytes: Uint8Array, start: number, end: number): number => {
  let position = end - 1
  while (position > start && bytes[position] !== space) position--
  return position
}

/** The bracket that opens `[dd/Mon/yyyy:`, or -1. */
const timeBracket = (bytes: Uint8Array, start: number, end: number): number => {
  const limit = Math.min(end - 26, start + headLimit)
  for (let at = start + 2; at < limit; at++) {
    if (bytes[at] === openBracket && bytes[at - 1] === space && bytes[at + 3] === 47 && bytes[at + 7] === 47) return at
    // Apache writes an empty user as two quotes.
    if (bytes[at] === quote && bytes[at + 1] === quote) at++
    else if (bytes[at] === quote) return -1
  }
  return -1
}

/** The quote that ends the field beginning at `at`; the end of the line when there is none. */
const quotedEnd = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at
  while (position < end && bytes[position] !== quote) position += bytes[position] === backslash ? 2 : 1
  return Math.min(position, end)
}

/** The quote that a status follows; some servers leave quotes inside the request as they are. */
const requestEndOf = (bytes: Uint8Array, at: number, end: number): number => {
  let position = quotedEnd(bytes, at, end)
  while (position < end && !(bytes[position + 1] === space && isStatus(bytes, position + 2)))
    position = quotedEnd(bytes, position + 1, end)
  return position < end ? position : quotedEnd(bytes, at, end)
}

const isStatus = (bytes: Uint8Array, at: number): boolean =>
  isDigit(bytes[at]) && isDigit(bytes[at + 1]) && isDigit(bytes[at + 2])

const isProtocol = (bytes: Uint8Array, start: number, end: number): boolean =>
  end - start > 5 &&
  bytes[start] === 72 &&
  bytes[start + 1] === 84 &&
  bytes[start + 2] === 84 &&
  bytes[start + 3] === 80 &&
  bytes[start + 4] === 47

/** Whether the first of at least four tokens before the time is `name:port`, which no client, being an address, is. */
const isVirtualHost = (bytes: Uint8Array, start: number, end: number, bracket: number): boolean => {
  let tokens = 0
  for (let at = end; at < bracket; at++) if (bytes[at] === space) tokens++
  if (tokens < 4) return false
  let colons = 0
  for (let at = start; at < end; at++) if (bytes[at] === 58) colons++
  return colons === 1 && isDigit(bytes[end - 1])
}
