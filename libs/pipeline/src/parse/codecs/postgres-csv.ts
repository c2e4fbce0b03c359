// The postgres-csv codec: PostgreSQL's csvlog.
import { Effect, Schema } from "effect"
import { type BindCodec, defineCodec } from "../codec.ts"
import { role } from "../field-roles.ts"
import { headerLevel, surroundings } from "../header-level.ts"
import type { RecordDraft } from "../record-draft.ts"
import { readTimestamp } from "../timestamps.ts"

const PostgresCsvConfig = Schema.Struct({})

export const postgresCsv = defineCodec({
  name: "postgres-csv",
  summary:
    "Reads PostgreSQL's csvlog by the order of its columns; the body is the message, the row stays in `log.original`.",
  config: PostgresCsvConfig,
  examples: [{ title: "postgresql.csv", config: {} }],
  make: () => Effect.succeed(bindPostgresCsv)
})

const comma = 44
const quote = 34
// Columns behind log_time in order; those named "" are read by their place alone.
const columns = [
  ...["db.user", "db.namespace", "pid", "client", "session_id", "session_line", "command_tag", "session_start"],
  ...["virtual_transaction", "transaction", "", "db.response.status_code", "", "detail", "hint", "internal_query"],
  ...["internal_query_position", "context", "db.query.text", "query_position", "code.location", "application_name"],
  ...["backend_type", "leader_pid", "query_id"]
]
const severityColumn = 10
const messageColumn = 12
const fewestColumns = 13

export const bindPostgresCsv: BindCodec = ({ keys, time, instant }) => {
  const ids = columns.map((name) => (name === "" ? -1 : keys.fix(name)))
  return {
    name: "postgres-csv",
    decode: (bytes, start, end, draft) => {
      if (!readTimestamp(bytes, start, end, time, instant) || bytes[instant.end] !== comma) return false
      draft.takeTime(instant, start, instant.end - start)
      let at = instant.end + 1
      let column = 0
      for (; column < columns.length && at <= end; column++) {
        const isQuoted = bytes[at] === quote && at < end
        const from = isQuoted ? at + 1 : at
        const to = isQuoted ? quotedEnd(bytes, from, end) : plainEnd(bytes, from, end)
        if (column === severityColumn) {
          draft.severityNumber = headerLevel(bytes, from, to, surroundings.marked)
          if (draft.severityNumber === 0) return false
        } else if (column === messageColumn) setBody(bytes, from, to, draft)
        else if (to > from && ids[column] >= 0) draft.addAttribute(ids[column], from, to - from)
        at = isQuoted ? to + 2 : to + 1
      }
      draft.keepOriginal = true
      return column >= fewestColumns
    }
  }
}

const plainEnd = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at
  while (position < end && bytes[position] !== comma) position++
  return position
}

const quotedEnd = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at
  while (position < end && (bytes[position] !== quote || bytes[position + 1] === quote))
    position += bytes[position] === quote ? 2 : 1
  return Math.min(position, end)
}

/** Two quotes inside a value are one. */
const setBody = (bytes: Uint8Array, from: number, to: number, draft: RecordDraft): void => {
  const begin = draft.reserveScratch(to - from)
  let at = begin
  for (let i = from; i < to; i++) {
    draft.scratch[at++] = bytes[i]
    if (bytes[i] === quote && bytes[i + 1] === quote) i++
  }
  draft.scratchUsed = at
  draft.setRole(role.body, -1 - begin, at - begin)
}
