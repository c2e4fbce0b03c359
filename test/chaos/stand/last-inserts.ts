// Last inserts: the folders of what was inserted last into each table, and what a failure of the power may leave of them.
import { readdirSync, rmSync, truncateSync } from "node:fs"
import { join } from "node:path"
import { storeHeaders } from "@tailrace/testing/folder-credentials"
import { waitFor } from "@tailrace/testing/wait-until"
import type { OneMachine } from "./one-machine.ts"
import { selectFrom } from "./stand.ts"

/** Tables of which a pipeline's last insert may be there or not, each by itself. */
export const insertedTables = ["logs", "logs_per_minute", "ledger"] as const
export type InsertedTable = (typeof insertedTables)[number]

interface Part {
  readonly table: InsertedTable
  readonly path: string
}

/** What comes back with the power: of the last insert of each partition, and of the logs of tokens. */
export interface Survivors {
  readonly parts: ReadonlyArray<InsertedTable>
  readonly tokens: boolean
}

/** A statement of the product's own user; what one asks of the engine itself is not open to readers. */
const asked = <Row>({ instance, storeUrl }: OneMachine, query: string): Promise<ReadonlyArray<Row>> =>
  selectFrom(storeUrl, query, storeHeaders(instance.data))

/** Until the store is started again, a part holds one insert. */
export const stopMerges = async ({ instance, storeUrl }: OneMachine): Promise<void> => {
  for (const table of insertedTables) {
    const answer = await fetch(`${storeUrl}/?database=tailrace`, {
      method: "POST",
      headers: storeHeaders(instance.data),
      body: `SYSTEM STOP MERGES ${table}`
    })
    if (!answer.ok) throw new Error(await answer.text())
  }
}

/** Merges all parts of each table, and resolves when those that were there before are removed. */
export const mergeAll = async (stand: OneMachine): Promise<void> => {
  const { instance, storeUrl } = stand
  const parts = async (): Promise<ReadonlyArray<string>> => {
    const found = await asked<{ table: string; name: string }>(
      stand,
      "SELECT table, name FROM system.parts WHERE database = 'tailrace' AND level = 0"
    )
    return found
      .filter(({ table }) => insertedTables.includes(table as InsertedTable))
      .map((one) => JSON.stringify(one))
  }
  const before = await parts()
  for (const table of insertedTables) {
    const answer = await fetch(`${storeUrl}/?database=tailrace`, {
      method: "POST",
      headers: storeHeaders(instance.data),
      body: `OPTIMIZE TABLE ${table} FINAL`
    })
    if (!answer.ok) throw new Error(await answer.text())
  }
  await waitFor(
    async () => {
      const now = new Set(await parts())
      return before.filter((one) => now.has(one))
    },
    (left) => left.length === 0,
    { what: "the end of parts that were merged", everyMillis: 50 }
  )
}

/** The part of each partition's last insert into each table, where merges were stopped before those inserts. */
export const lastParts = async (stand: OneMachine): Promise<ReadonlyArray<Part>> => {
  const found = await Promise.all(
    insertedTables.map((table) =>
      asked<Part>(
        stand,
        `SELECT parts.table AS table, path FROM system.parts AS parts
        WHERE active AND database = 'tailrace' AND parts.table = '${table}' AND name IN (
          SELECT argMax(part, block) FROM (
            SELECT DISTINCT toString(partition) AS pipeline, _part AS part,
              (_partition_id, toUInt64(splitByChar('_', _part)[2])) AS block
            FROM ${table})
          GROUP BY pipeline)`
      )
    )
  )
  return found.flat()
}

/** To be called while nothing runs: takes away what does not survive. */
export const loseAllBut = (
  storeFolder: string,
  parts: ReadonlyArray<Part>,
  { parts: kept, tokens }: Survivors
): void => {
  for (const { path, table } of parts) if (!kept.includes(table)) rmSync(path, { recursive: true })
  if (tokens) return
  for (const file of tokenLogs(storeFolder)) truncateSync(file, 0)
}

/** The files of the tokens of all tables. */
const tokenLogs = (storeFolder: string): ReadonlyArray<string> =>
  readdirSync(storeFolder, { recursive: true, encoding: "utf8" })
    .filter((file) => /deduplication_logs\/[^/]+\.txt$/.test(file))
    .map((file) => join(storeFolder, file))
