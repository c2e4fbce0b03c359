// Dead letter marks: what people did with a letter, stored beside it; the letter itself never changes.
import type { DeadLetterId } from "@tailrace/domain/dead-letter"
import { Effect } from "effect"
import type { Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"
import { postNative } from "./insert-logs.ts"
import { NativeColumns } from "./native-columns.ts"

export interface DeadLetterMark {
  readonly letter: DeadLetterId
  readonly mark: "replayed" | "dropped" | "edited"
  /** Milliseconds since 1970; of two marks of one kind the later counts. */
  readonly at: number
  /** The edited bytes. */
  readonly payload?: Uint8Array
}

const columns = [
  ["tenant", "String"],
  ["stage", "String"],
  ["partition", "UInt16"],
  ["sequence", "UInt64"],
  ["row", "UInt32"],
  ["mark", "String"],
  ["at", "DateTime64(3)"],
  ["payload", "String"]
] as const

/** Stores marks, all or none. */
export const markDeadLetters = (marks: ReadonlyArray<DeadLetterMark>): Effect.Effect<void, StoreError, Store> =>
  Effect.suspend(() => {
    if (marks.length === 0) return Effect.void
    const out = new NativeColumns()
    out.varint(columns.length)
    out.varint(marks.length)
    for (const [name, type] of columns) {
      out.header(name, type)
      for (const mark of marks) write(out, name, mark)
    }
    const names = columns.map(([name]) => name).join(", ")
    return postNative("dead_letter_marks", names, `mark-${crypto.randomUUID()}`, out.bytes.slice(0, out.used))
  })

const write = (
  out: NativeColumns,
  name: (typeof columns)[number][0],
  { at, letter, mark, payload }: DeadLetterMark
) => {
  switch (name) {
    case "partition":
      return out.constant(letter.partition, 2, 1)
    case "sequence":
      return out.constant(letter.sequence, 8, 1)
    case "row":
      return out.constant(letter.row, 4, 1)
    case "at":
      return out.constant(at, 8, 1)
    case "mark":
      return out.text(mark)
    case "payload":
      return out.string(payload ?? new Uint8Array(0))
    default:
      return out.text(letter[name])
  }
}
