// The alb codec: access logs of Amazon's application load balancers.
import { Effect, Schema } from "effect"
import { type BindCodec, defineCodec } from "../codec.ts"
import { role } from "../field-roles.ts"
import { isDigit } from "../instant.ts"
import type { RecordDraft } from "../record-draft.ts"
import { readTimestamp } from "../timestamps.ts"

const AlbConfig = Schema.Struct({})

export const alb = defineCodec({
  name: "alb",
  summary: "Reads access logs of AWS application load balancers; the body is the whole line.",
  config: AlbConfig,
  examples: [{ title: "Load balancer", config: {} }],
  make: () => Effect.succeed(bindAlb)
})

const space = 32
const quote = 34
const dash = 45
const slash = 47
// The fields behind the time in order. Those up to the user agent are always there, later ones since some year.
const fields = [
  ...["alb.name", "client", "target", "request_processing_time", "target_processing_time", "response_processing_time"],
  ...["http.status", "target.status", "received_bytes", "bytes", "http.request", "user_agent"],
  ...["tls.cipher", "tls.protocol", "target_group.arn", "amzn_trace_id", "server_name", "certificate.arn"],
  ...["rule_priority", "request_creation_time", "actions", "redirect_url", "error_reason", "target.list"],
  ...["target.status_list", "classification", "classification_reason", "connection_trace_id"]
]
const statusField = 6
const requestField = 10
const leastFields = 12

/** Severity by the status of the answer: 5xx error, 4xx warning, else information. */
export const bindAlb: BindCodec = ({ keys, time, instant }) => {
  const type = keys.fix("alb.type")
  const ids = fields.map((key) => keys.fix(key))
  const [method, url, version] = ["http.method", "http.url", "http.version"].map((key) => keys.fix(key))
  const addRequest = (bytes: Uint8Array, start: number, end: number, draft: RecordDraft): void => {
    const methodEnd = bytes.indexOf(space, start)
    const versionStart = bytes.lastIndexOf(space, end - 1) + 1
    if (methodEnd < start || methodEnd >= versionStart - 1 || versionStart > end) return
    addPart(draft, bytes, method, start, methodEnd)
    addPart(draft, bytes, url, methodEnd + 1, versionStart - 1)
    addPart(draft, bytes, version, bytes[versionStart + 4] === slash ? versionStart + 5 : versionStart, end)
  }
  return {
    name: "alb",
    decode: (bytes, start, end, draft) => {
      let at = start
      while (at < end && at - start < 6 && bytes[at] > space) at++
      if (bytes[at] !== space || bytes[at + 11] !== 84 || !readTimestamp(bytes, at + 1, end, time, instant))
        return false
      const timeStart = at + 1
      const timeEnd = instant.end
      if (bytes[timeEnd] !== space) return false
      draft.takeTime(instant, timeStart, timeEnd - timeStart)
      draft.addAttribute(type, start, at - start)
      at = timeEnd + 1
      for (let field = 0; field < fields.length; field++) {
        if (at >= end && field >= leastFields) break
        const isQuoted = bytes[at] === quote
        const from = isQuoted ? at + 1 : at
        let to = from
        while (to < end && bytes[to] !== (isQuoted ? quote : space)) to++
        if (to >= end && field < leastFields - 1) return false
        if (field === statusField) {
          if (to - from !== 3 || !isDigit(bytes[from])) return false
          draft.severityNumber = bytes[from] === 53 ? 17 : bytes[from] === 52 ? 13 : 9
        }
        addPart(draft, bytes, ids[field], from, to)
        if (field === requestField) addRequest(bytes, from, to, draft)
        at = to + (isQuoted ? 2 : 1)
      }
      draft.setRole(role.body, start, end - start)
      return true
    }
  }
}

/** Adds what is not empty and no dash. */
const addPart = (draft: RecordDraft, bytes: Uint8Array, key: number, start: number, end: number): void => {
  if (end > start && !(end === start + 1 && bytes[start] === dash)) draft.addAttribute(key, start, end - start)
}
