// Adding a column: an entry in a table of columns and a migration carry a new column from a source's bytes to the answer of a
// search, by the code the product runs; and when both are taken away again, nothing of it is left.
import { assert, layer } from "@effect/vitest"
import { LogBatch } from "@tailrace/domain/log-batch"
import { decodeBatch, EncodedBatch, encodeBatch } from "@tailrace/domain/log-batch-codec"
import type { LogRecord } from "@tailrace/domain/log-record"
import { type RecordColumn, recordColumns } from "@tailrace/domain/record-columns"
import { FieldWriter } from "@tailrace/pipeline/enrich/field-writer"
import { FieldReader } from "@tailrace/pipeline/field-reader"
import { makeStage, receivedMillis } from "@tailrace/pipeline/parse/records-of"
import { parseQuery } from "@tailrace/query/parse"
import { toPredicate } from "@tailrace/query/to-predicate"
import { toSql } from "@tailrace/query/to-sql"
import { searchLogs } from "@tailrace/store/read/search"
import { command, type Store } from "@tailrace/store/store"
import type { StoreError } from "@tailrace/store/store-error"
import { insertLogs } from "@tailrace/store/write/insert-logs"
import { testStore } from "@tailrace/testing/store"
import { Effect } from "effect"

/** The entries. */
const added: ReadonlyArray<RecordColumn> = [
  {
    name: "environment",
    kind: "dictionary",
    column: "environment",
    role: "keyword",
    aliases: ["env"],
    summary: "Where the service runs."
  },
  { name: "requestId", kind: "text", column: "request_id", role: "identity", summary: "The request it belongs to." },
  { name: "shard", kind: "number", column: "shard", role: "number", summary: "Number of the shard, 0 for none." }
]
const columns = [...recordColumns, ...added]

/** The migration, and what takes it back. */
const migration = [
  "ADD COLUMN environment LowCardinality(String)",
  "ADD COLUMN request_id String",
  "ADD COLUMN shard UInt8"
]
const backAgain = ["DROP COLUMN environment", "DROP COLUMN request_id", "DROP COLUMN shard"]

const alter = (steps: ReadonlyArray<string>): Effect.Effect<unknown, StoreError, Store> =>
  command("change the table", `ALTER TABLE logs ${steps.join(", ")}`)

const bytes = Buffer.from(
  [
    '{"msg":"paid","stage":"Production","rid":"AB12","shard_no":"7"}',
    '{"msg":"refused","stage":"staging","rid":"cd34","shard_no":"9"}',
    '{"msg":"lost"}'
  ].join("\n")
)

/** What the parse stage makes of the bytes; records of a batch with the new columns have them set from what the bytes say. */
const parsed = Effect.fnUntraced(function* (table: ReadonlyArray<RecordColumn>) {
  const batch = LogBatch.make({ partition: 0, rowCapacity: 2, columns: table })
  const header = { layout: "lines", codec: "json", receivedMillis, attributes: {}, resource: {} } as const
  const frame = { sequence: 1, tenant: "default", source: "test", header, storedMillis: receivedMillis, payload: bytes }
  makeStage().parseFrame(frame, batch)
  if (table === recordColumns) return batch
  for (const [from, to] of [
    ["stage", "environment"],
    ["rid", "request_id"]
  ] as const) {
    const reader = new FieldReader(from)
    const writer = yield* FieldWriter.make(to, "field", table)
    reader.bind(batch)
    writer.bind(batch)
    for (let row = 0; row < batch.length; row++)
      if (reader.locate(row)) writer.write(row, reader.bytes, reader.start, reader.end)
  }
  const shard = new FieldReader("shard_no")
  shard.bind(batch)
  for (let row = 0; row < batch.length; row++) batch.numbersOf("shard")[row] = shard.number(row) || 0
  return batch
})

/** A record with whatever fields its table gives it. */
const fields = (record: LogRecord | undefined): Readonly<Record<string, unknown>> => ({ ...record })

const now = receivedMillis
const search = (query: string, table: ReadonlyArray<RecordColumn>) =>
  searchLogs({
    tenant: undefined,
    condition: toSql(parseQuery(query).ast, { now, columns: table }),
    first: 10,
    columns: table
  }).pipe(Effect.map(({ records }) => records.toSorted((a, b) => a.row - b.row)))

const queries: ReadonlyArray<readonly [string, ReadonlyArray<number>]> = [
  ["environment:production", [0]],
  ["env = staging", [1]],
  ["environment EXISTS", [0, 1]],
  ["NOT env:staging", [0, 2]],
  ["request_id:ab12", [0]],
  ["shard > 7", [1]],
  ["shard:7 OR lost", [0, 2]],
  ["msg:paid AND environment IN (Production, x)", [0]]
]

layer(testStore, { excludeTestServices: true })("a column of a temporary table", (it) => {
  it.effect("is there from a source's bytes to the answer of a search, and gone again", () =>
    Effect.gen(function* () {
      yield* alter(migration)
      const batch = yield* parsed(columns)
      // Over the wire, as between stages and to live tails.
      const arrived = decodeBatch(encodeBatch(batch), LogBatch.make({ partition: 0, columns }))
      for (const [query, rows] of queries) {
        const predicate = toPredicate(parseQuery(query).ast, { now, columns })
        assert.deepStrictEqual([query, [0, 1, 2].filter((row) => predicate(arrived, row))], [query, rows])
      }
      yield* insertLogs(arrived, { ingestedAt: now, attempt: 1 })
      for (const [query, rows] of queries) {
        const found = yield* search(query, columns)
        assert.deepStrictEqual([query, found.map(({ row }) => row)], [query, rows])
      }
      const found: ReadonlyArray<LogRecord> = yield* search("", columns)
      assert.deepStrictEqual(
        found,
        [0, 1, 2].map((row) => arrived.record(row))
      )
      assert.deepInclude(fields(found[1]), { environment: "staging", requestId: "cd34", shard: 9 })
      assert.deepInclude(fields(found[2]), { environment: "", requestId: "", shard: 0 })

      yield* alter(backAgain)
      const product = yield* parsed(recordColumns)
      assert.isFalse("environment" in product)
      yield* insertLogs(product, { ingestedAt: now + 1, attempt: 2 })
      const left = yield* search("", recordColumns)
      assert.lengthOf(left, 6)
      for (const record of left)
        assert.sameMembers(Object.keys(record), [
          ...recordColumns.map(({ name }) => name),
          "partition",
          "sequence",
          "row"
        ])
    })
  )

  it.effect(
    "is missing in a batch on the way from before it was there, and passed over by who does not know it yet",
    () =>
      Effect.gen(function* () {
        const before = encodeBatch(yield* parsed(recordColumns))
        const used = yield* parsed(columns)
        const newer = decodeBatch(before, used)
        assert.deepInclude(fields(newer.record(0)), { body: "paid", environment: "", requestId: "", shard: 0 })

        const after = encodeBatch(yield* parsed(columns))
        const older = LogBatch.make({ partition: 0 })
        new EncodedBatch(after).appendTo(older)
        assert.deepStrictEqual(
          [0, 1, 2].map((row) => older.body.text(row)),
          ["paid", "refused", "lost"]
        )
      })
  )
})
