// Dead letters: records no stage could take, stored with their original bytes, and read back for inspection.
import { encodeUtf8 } from "@tailrace/domain/utf8"
import { Effect } from "effect"
import { postNative } from "./insert-logs.ts"
import type { RowsStamp } from "./insert-rows.ts"
import { NativeColumns } from "./native-columns.ts"
import { type ReadLimits, read, type Store } from "./store.ts"
import type { StoreError } from "./store-error.ts"

/** The identity is (tenant, stage, partition, sequence, row). */
export interface DeadLetter {
  readonly tenant: string
  readonly source: string
  readonly stage: string
  readonly reason: string
  readonly partition: number
  readonly sequence: number
  readonly row: number
  /** Milliseconds since 1970. */
  readonly rejectedAt: number
  readonly pipelineVersion: string
  /** The record as it came in, byte for byte. */
  readonly payload: Uint8Array
}

type Column = readonly [name: string, type: string, write: (out: NativeColumns, letter: DeadLetter) => void]

const columns: ReadonlyArray<Column> = [
  ["tenant", "String", (out, letter) => out.text(letter.tenant)],
  ["source", "String", (out, letter) => out.text(letter.source)],
  ["stage", "String", (out, letter) => out.text(letter.stage)],
  ["reason", "String", (out, letter) => out.text(letter.reason)],
  ["partition", "UInt16", (out, letter) => out.constant(letter.partition, 2, 1)],
  ["sequence", "UInt64", (out, letter) => out.constant(letter.sequence, 8, 1)],
  ["row", "UInt32", (out, letter) => out.constant(letter.row, 4, 1)],
  ["rejected_at", "DateTime64(3)", (out, letter) => out.constant(letter.rejectedAt, 8, 1)],
  ["pipeline_version", "String", (out, letter) => out.text(letter.pipelineVersion)],
  ["payload", "String", (out, letter) => out.string(letter.payload)]
]

/** Stores dead letters, all or none, in Native format because their bytes need not be text. */
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

export interface DeadLetterQuery {
  /** Undefined: all tenants. */
  readonly tenant: string | undefined
  readonly stage?: string
  readonly first: number
  readonly limits?: ReadLimits
}

interface DeadLetterRow extends Omit<DeadLetter, "sequence" | "rejectedAt" | "payload"> {
  readonly sequence: string
  readonly rejectedAt: string
  readonly payload: string
}

/** Dead letters, last rejected first. */
export const readDeadLetters = (query: DeadLetterQuery): Effect.Effect<Array<DeadLetter>, StoreError, Store> =>
  read<DeadLetterRow>({
    operation: "read dead letters",
    sql: `SELECT tenant, source, stage, reason, partition, sequence, row,
        toUnixTimestamp64Milli(rejected_at) AS rejectedAt, pipeline_version AS pipelineVersion,
        base64Encode(dead_letters.payload) AS payload
      FROM dead_letters FINAL
      WHERE ({tenant:String} = '' OR tenant = {tenant:String}) AND ({stage:String} = '' OR stage = {stage:String})
      ORDER BY rejected_at DESC, partition DESC, sequence DESC, row DESC
      LIMIT {first:UInt32}`,
    params: { tenant: query.tenant ?? "", stage: query.stage ?? "", first: query.first },
    limits: query.limits
  }).pipe(
    Effect.map((rows) =>
      rows.map((row) => ({
        ...row,
        sequence: Number(row.sequence),
        rejectedAt: Number(row.rejectedAt),
        payload: row.payload === "" ? encodeUtf8("") : new Uint8Array(Buffer.from(row.payload, "base64"))
      }))
    )
  )
