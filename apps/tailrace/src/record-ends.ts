// Record ends: how much of some bytes is whole records, however many lines each has.
import { maxLines } from "@tailrace/collector/framing/multiline/multiline-config"
import { recognised } from "@tailrace/collector/framing/multiline/recognised"
import { forEachRecord } from "@tailrace/collector/framing/multiline/records"
import { endOfLines } from "./line-chunks.ts"

/** Bytes of a record that the collector takes whole by default. */
const longestRecord = 1_048_576

/** Behind the last record that no further line can continue; one longer than the collector takes is broken at a line. */
export const endOfRecords = (bytes: Uint8Array): number => {
  const end = endOfLines(bytes)
  const limits = { maxBytes: longestRecord, maxLines, rule: recognised }
  const settled = forEachRecord(bytes, 0, end, false, limits, () => undefined)
  return settled === 0 && bytes.length > longestRecord ? end : settled
}
