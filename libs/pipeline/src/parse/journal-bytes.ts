// Journal bytes: messages that journald writes as arrays of numbers because they hold unprintable bytes.
import { role } from "./field-roles.ts"
import { isDigit } from "./instant.ts"
import type { RecordDraft } from "./record-draft.ts"

const openBracket = 91
const closeBracket = 93
const comma = 44

/** Gives the body the bytes that its text, `[104,105]`, is a list of; any other text stays. */
export const joinBytes = (draft: RecordDraft, bytes: Uint8Array): void => {
  const start = draft.roleStart[role.body]
  const from = start >= 0 ? start : -1 - start
  const source = draft.sourceOf(start, bytes)
  const end = from + draft.roleLength[role.body]
  if (source[from] !== openBracket || source[end - 1] !== closeBracket || end - from < 3) return
  const begin = draft.reserveScratch(end - from)
  const target = draft.scratch
  let to = begin
  let value = -1
  for (let at = from + 1; at < end; at++) {
    const byte = source[at]
    if (isDigit(byte)) value = Math.max(value, 0) * 10 + byte - 48
    else if ((byte === comma || byte === closeBracket) && value >= 0 && value < 256) {
      target[to++] = value
      value = -1
    } else if (byte !== 32) return
  }
  draft.scratchUsed = to
  draft.setRole(role.body, -1 - begin, to - begin)
}
