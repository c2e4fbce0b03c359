// Codec: how one message is decoded. The definer of the kind, and what the stage needs of each.
import { define } from "@tailrace/domain/component"
import type { Instant } from "./instant.ts"
import type { KeyTable } from "./key-table.ts"
import type { RecordDraft } from "./record-draft.ts"
import type { TimeContext } from "./timestamps.ts"

/**
 * Reads the message `bytes[start, end)` into an empty draft; false when the message is not of this form, and then
 * whatever the draft holds is thrown away. Duties: never throw, never look outside the range for meaning, allocate
 * nothing per message on the common path, and keep no state that changes how a later message is read.
 */
export interface Codec {
  readonly name: string
  readonly decode: (bytes: Uint8Array, start: number, end: number, draft: RecordDraft) => boolean
}

/** What a codec is bound to when a parse stage begins: the stage's keys, its clock, and a place for read timestamps. */
export interface CodecContext {
  readonly keys: KeyTable
  readonly time: TimeContext
  readonly instant: Instant
}

/** A configured codec, to be bound to each parse stage that uses it. */
export type BindCodec = (context: CodecContext) => Codec

export const defineCodec = define("codec")
