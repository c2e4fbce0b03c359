// The alb codec: access logs of Amazon's application load balancers.
import { Effect, Schema } from "effect"
import { type BindCodec, defineCodec } from "../codec.ts"
import { role } from "../field-roles.ts"
import { isDigit } from "../instant.ts"
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
// The fields behind the time in order, up to the user agent; "" is not kept apart.
const fields = [
  ...["alb.name", "client", "target", "request_processing_time", "target_processing_time", "response_processing_time"],
  ...["http.status", "target.status", "received_bytes", "bytes", "http.request", "user_agent"]
]
const statusField = 6

/** Severity by the status of the answer: 5xx error, 4xx warning, else information. */
export const bindAlb: BindCodec = ({ keys, time, instant }) => {
  const type = keys.fix("alb.type")
  const ids = fields.map((key) => keys.fix(key))
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
        const isQuoted = bytes[at] === quote
        const from = isQuoted ? at + 1 : at
        let to = from
        while (to < end && bytes[to] !== (isQuoted ? quote : space)) to++
        if (to >= end && field < fields.length - 1) return false
        if (field === statusField) {
          if (to - from !== 3 || !isDigit(bytes[from])) return false
          draft.severityNumber = bytes[from] === 53 ? 17 : bytes[from] === 52 ? 13 : 9
        }
        if (to > from && !(to === from + 1 && bytes[from] === dash)) draft.addAttribute(ids[field], from, to - from)
        at = to + (isQuoted ? 2 : 1)
      }
      draft.setRole(role.body, start, end - start)
      return true
    }
  }
}
