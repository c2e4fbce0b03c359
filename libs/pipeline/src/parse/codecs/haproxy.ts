// The haproxy codec: HAProxy's log of HTTP requests and of TCP connections.
import { Effect, Schema } from "effect"
import { type BindCodec, defineCodec } from "../codec.ts"
import { role } from "../field-roles.ts"
import { isDigit } from "../instant.ts"
import type { RecordDraft } from "../record-draft.ts"
import { wordEnd } from "../syslog-header.ts"
import { readCommonLog } from "../timestamp-month-name.ts"

const HaproxyConfig = Schema.Struct({})

export const haproxy = defineCodec({
  name: "haproxy",
  summary:
    "Reads HAProxy's lines of HTTP requests and TCP connections, alone or inside syslog; the body is the whole line.",
  config: HaproxyConfig,
  examples: [{ title: "Load balancer", config: {} }],
  make: () => Effect.succeed(bindHaproxy)
})

const space = 32
const quote = 34
const slash = 47
const colon = 58
const openBracket = 91
const closeBracket = 93
const dash = 45
const longestAddress = 64
const timersOfHttp = 4

/**
 * `client:port [time] frontend backend/server timers [status] bytes ... "request"`. Severity by status: 5xx error, 4xx
 * warning, else information; a connection has none.
 */
export const bindHaproxy: BindCodec = ({ keys, time, instant }) => {
  const [client, port, frontend, backend, timers, status, size, state, request, method, path] = [
    ...["client", "client.port", "haproxy.frontend", "haproxy.backend", "haproxy.timers", "http.status", "bytes"],
    ...["haproxy.termination_state", "http.request", "http.method", "http.path"]
  ].map((key) => keys.fix(key))

  const addRequest = (bytes: Uint8Array, from: number, end: number, draft: RecordDraft): void => {
    let open = from
    while (open < end && bytes[open] !== quote) open++
    if (open >= end) return
    let close = end - 1
    while (close > open && bytes[close] !== quote) close--
    if (close <= open) close = end
    const methodEnd = wordEnd(bytes, open + 1, close)
    const pathEnd = wordEnd(bytes, Math.min(methodEnd + 1, close), close)
    if (methodEnd < close && bytes[methodEnd + 1] === slash) {
      draft.addAttribute(method, open + 1, methodEnd - open - 1)
      draft.addAttribute(path, methodEnd + 1, pathEnd - methodEnd - 1)
    } else draft.addAttribute(request, open + 1, close - open - 1)
  }

  return {
    name: "haproxy",
    decode: (bytes, start, end, draft) => {
      const address = wordEnd(bytes, start, Math.min(end, start + longestAddress))
      const mark = portMark(bytes, start, address)
      if (mark === 0 || bytes[address + 1] !== openBracket) return false
      if (!readCommonLog(bytes, address + 2, end, time.zone, instant) || bytes[instant.end] !== closeBracket)
        return false
      const timeEnd = instant.end
      const names = timeEnd + 2
      const namesEnd = wordEnd(bytes, names, end)
      const served = wordEnd(bytes, namesEnd + 1, end)
      const timed = wordEnd(bytes, served + 1, end)
      const slashes = slashesOf(bytes, served + 1, timed)
      if (slashes < 2 || timed >= end || slashesOf(bytes, namesEnd + 1, served) < 1) return false
      draft.takeTime(instant, address + 2, timeEnd - address - 2)
      draft.addAttribute(client, start, mark - start)
      draft.addAttribute(port, mark + 1, address - mark - 1)
      draft.addAttribute(frontend, names, (bytes[namesEnd - 1] === 126 ? namesEnd - 1 : namesEnd) - names)
      draft.addAttribute(backend, namesEnd + 1, served - namesEnd - 1)
      draft.addAttribute(timers, served + 1, timed - served - 1)
      let at = timed + 1
      if (slashes === timersOfHttp) {
        const hundreds = bytes[at]
        if (!isDigit(bytes[at + 1]) || bytes[at + 3] !== space) return false
        draft.addAttribute(status, at, 3)
        draft.severityNumber = hundreds === 53 ? 17 : hundreds === 52 ? 13 : 9
        at += 4
      }
      const sizeEnd = wordEnd(bytes, at, end)
      draft.addAttribute(size, at, sizeEnd - at)
      addState(bytes, sizeEnd, end, draft, state)
      addRequest(bytes, sizeEnd, end, draft)
      draft.setRole(role.body, start, end - start)
      return true
    }
  }
}

/** The colon before the port that ends the address, or 0. */
const portMark = (bytes: Uint8Array, start: number, end: number): number => {
  let at = end - 1
  while (at > start && isDigit(bytes[at])) at--
  return at > start && at < end - 1 && bytes[at] === colon ? at : 0
}

const slashesOf = (bytes: Uint8Array, start: number, end: number): number => {
  let count = 0
  for (let at = start; at < end; at++) if (bytes[at] === slash) count++
  return count
}

/** How the session ended: the first word of four signs, two for connections, behind the size and the cookies. */
const addState = (bytes: Uint8Array, from: number, end: number, draft: RecordDraft, key: number): void => {
  let at = from + 1
  for (let word = 0; word < 3 && at < end; word++) {
    const behind = wordEnd(bytes, at, end)
    const length = behind - at
    const isState = length === 4 || length === 2
    if (isState && !(length === 2 && bytes[at] !== dash && bytes[at] < 65)) {
      draft.addAttribute(key, at, length)
      return
    }
    at = behind + 1
  }
}
