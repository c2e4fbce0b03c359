// Records of a text: runs the parse stage over one frame and answers row objects, for tests.
import type { FrameHeader } from "@tailrace/domain/frame"
import { LogBatch } from "@tailrace/domain/log-batch"
import type { LogRecord } from "@tailrace/domain/log-record"
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { Schema } from "effect"
import { ParseStage } from "./parse.ts"
import { ParseConfig } from "./parse-config.ts"

/** When frames of tests were received. */
export const receivedMillis = Date.UTC(2026, 10, 21, 12)

/** A stage with the given configuration over the defaults. */
export const makeStage = (config: typeof ParseConfig.Encoded = {}): ParseStage =>
  new ParseStage(Schema.decodeSync(ParseConfig)(config))

interface FrameOptions extends Partial<FrameHeader> {
  readonly source?: string
}

/** A batch of one frame. */
export const batchOf = (
  input: string | Uint8Array,
  options: FrameOptions = {},
  stage: ParseStage = makeStage()
): LogBatch => {
  const batch = LogBatch.make({ partition: 0, rowCapacity: 4 })
  const { source = "test", ...header } = options
  stage.parseFrame(
    {
      sequence: 1,
      tenant: "default",
      source,
      header: { layout: "lines", codec: "auto", receivedMillis, attributes: {}, resource: {}, ...header },
      storedMillis: receivedMillis,
      payload: typeof input === "string" ? encodeUtf8(input) : input
    },
    batch
  )
  return batch
}

/** The rows of one frame as objects. */
export const recordsOf = (
  input: string | Uint8Array,
  options: FrameOptions = {},
  stage: ParseStage = makeStage()
): Array<LogRecord> => {
  const batch = batchOf(input, options, stage)
  return Array.from({ length: batch.length }, (_, row) => batch.record(row))
}

/** The only row of one frame. */
export const recordOf = (input: string | Uint8Array, options: FrameOptions = {}, stage?: ParseStage): LogRecord => {
  const records = recordsOf(input, options, stage)
  if (records.length !== 1) throw new RangeError(`expected one record, got ${records.length}`)
  return records[0] as LogRecord
}

/** A timestamp as ISO 8601 with nanoseconds. */
export const isoOf = (nanoseconds: bigint): string =>
  `${new Date(Number(nanoseconds / 1_000_000n)).toISOString().slice(0, 19)}.${String(nanoseconds % 1_000_000_000n).padStart(9, "0")}`
