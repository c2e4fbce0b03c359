// Missing words: what a message said and its record does not hold, for tests.
import { fieldNames } from "@tailrace/domain/field-names"
import type { LogRecord } from "@tailrace/domain/log-record"
import { severityNumberOf } from "@tailrace/domain/severity"

const timeWords =
  /^(?:\d+(?:th|st|nd|rd)?|\d*T\d*Z?|\d+Z|[AP]\.?M|am|pm|Z|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|[A-Z]{2,5}\d{0,2}|[IWEFD]\d{4,8}|\d+[A-Z]{1,4}|40{7}[\da-f]{16}|Date|m|[A-Z][A-Za-z_]+)$/

const klogWord = /^[IWEFD]\d{4,8}$/

const keyWords = new Set([
  ...Object.values(fieldNames)
    .flat()
    .flatMap((name) => name.match(/\w+/g) ?? []),
  "cee"
])
const colours = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*[A-Za-z]`, "g")

/** Runs of letters, digits and marks, escapes of quoted text taken apart. */
const wordsOf = (text: string): ReadonlyArray<string> =>
  text
    .replace(colours, " ")
    .replace(/\\(?:u[\da-fA-F]{4}|x[\da-fA-F]{2}|.)/g, " ")
    .match(/[\p{L}\p{N}_]+/gu) ?? []

/**
 * Words of `line` that stand nowhere in `record`: neither in its body, attributes, columns nor `log.original`. The words of
 * its time and its level count as held when the record has a time of its own and a severity, and so do keys that name a
 * well-known field.
 */
export const missingWords = (line: string, record: LogRecord): ReadonlyArray<string> => {
  const { attributes, body, host, resource, service, spanId, traceId } = record
  const texts = [body, host, service, traceId, spanId, ...Object.entries(attributes), ...Object.entries(resource)]
  const held = texts.flat().join("\n").toLowerCase()
  const hasTime = record.timestamp !== record.observedTimestamp
  const isStructured = body !== line && /[{]|[\w.]=/.test(line)
  return wordsOf(line).filter((word) => {
    if (held.includes(word.toLowerCase())) return false
    // klog's letter is the level, and what stands behind it a date.
    if (record.severityNumber > 0 && klogWord.test(word) && held.includes(word.slice(1))) return false
    if (hasTime && timeWords.test(word)) return false
    if (record.severityNumber > 0 && (severityNumberOf(word) > 0 || /^\d+$/.test(word))) return false
    return !(isStructured && (keyWords.has(word.toLowerCase()) || word === "null"))
  })
}
