// Insert dead letters: records that cannot be processed, stored with their original bytes.
import type { DeadLetter } from "@tailrace/domain/dead-letter"
import { Effect } from "effect"
import type { Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"
import { postNative } from "./insert-logs.ts"
import type { RowsStamp } from "./insert-rows.ts"
import { NativeColumns } from "./native-columns.ts"

type Column = readonly [name: string, type: string, write: (out: NativeColumns, letter: DeadLetter) => void]

const columns: ReadonlyArray<Column> = [
  ["tenant", "String", (out, letter) => out.text(letter.tenant)],
  ["source", "String", (out, letter) => out.text(letter.source)],
  ["stage", "String", (out, letter) => out.text(letter.stage)],
  ["reason", "String", (out, letter) => out.text(letter.reason)],
  ["detail", "String", (out, letter) => out.text(letter.detail)],
  ["partition", "UInt16", (out, letter) => out.constant(letter.partition, 2, 1)],
  ["sequence", "UInt64", (out, letter) => out.constant(letter.sequence, 8, 1)],
  ["row", "UInt32", (out, letter) => out.constant(letter.row, 4, 1)],
  ["records", "UInt32", (out, letter) => out.constant(letter.records, 4, 1)],
  ["rejected_at", "DateTime64(3)", (out, letter) => out.constant(letter.rejectedAt, 8, 1)],
  ["pipeline_version", "String", (out, letter) => out.text(letter.pipelineVersion)],
  ["headers", "String", (out, letter) => out.text(JSON.stringify(letter.headers))],
  ["payload", "String", (out, letter) => out.string(letter.payload)]
]

/** Stores dead letters, all or none, in Native format because their bytes need not be text. A letter replaces itself. */
export const insertDeadLetters = (
  letters: ReadonlyArray<DeadLetter>,
  stamp: RowsStamp
): Effect.Effect<void, StoreError, Store> =>
  Effect.suspend(() => {
    if (letters.length === 0) return Effect.void
    const out = new NativeColumns()
    out.varint(columns.length + 1)
    out.varint(letters.length)
    for (const [name, type, write] of columns) {
      out.header(name, type)
      for (const letter of letters) write(out, letter)
    }
    out.header("ingested_at", "DateTime64(3)")
    out.constant(stamp.ingestedAt, 8, letters.length)
    const names = [...columns.map(([name]) => name), "ingested_at"].join(", ")
    return postNative("dead_letters", names, stamp.token, out.bytes.slice(0, out.used))
  })
