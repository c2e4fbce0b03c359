// Dead letters read back: pages of them, and one by its identity.
import type { DeadLetter, DeadLetterId } from "@tailrace/domain/dead-letter"
import { Effect } from "effect"
import { type ReadLimits, read, type Store } from "../store.ts"
import type { StoreError } from "../store-error.ts"

/** waiting: nobody has done anything about it; replayed: published again; dropped: given up by a person. */
export const deadLetterStates = ["waiting", "replayed", "dropped"] as const
export type DeadLetterState = (typeof deadLetterStates)[number]

/** A letter with what people did with it. */
export interface HandledLetter extends DeadLetter {
  readonly state: DeadLetterState
  /** Milliseconds since 1970 of the last change of state; undefined while it waits. */
  readonly handledAt: number | undefined
  /** Bytes that a person wrote in place of the payload. */
  readonly edited: Uint8Array | undefined
  /** Bytes of the payload, of which a page may give only the beginning. */
  readonly payloadBytes: number
}

export interface DeadLetterFilter {
  /** Undefined: all tenants. */
  readonly tenant: string | undefined
  readonly stage?: string | undefined
  readonly source?: string | undefined
  readonly reason?: string | undefined
  readonly state?: DeadLetterState | undefined
  /** Milliseconds since 1970 of the rejection; `to` is exclusive. */
  readonly from?: number | undefined
  readonly to?: number | undefined
}

export interface DeadLetterPage extends DeadLetterFilter {
  readonly first: number
  /** The letter the page begins behind, in the order of the page. */
  readonly after?: (DeadLetterId & { readonly rejectedAt: number }) | undefined
  /** Bytes of each payload that are read at most. */
  readonly mostBytes: number
  readonly limits?: ReadLimits | undefined
}

interface Row extends Omit<HandledLetter, "sequence" | "rejectedAt" | "payload" | "headers" | "edited" | "handledAt"> {
  readonly sequence: string
  readonly rejectedAt: string
  readonly handledAt: string
  readonly headers: string
  readonly payload: string
  readonly payloadSize: string
  readonly edits: string
  readonly edited: string
}

const identity = "tenant, stage, partition, sequence, row"

/** Letters with their marks; `where` may name the columns of both. */
const select = (where: string): string => `
  SELECT tenant, source, stage, reason, detail, partition, sequence, row, records,
    toUnixTimestamp64Milli(rejected_at) AS rejectedAt, pipeline_version AS pipelineVersion, headers,
    base64Encode(substring(l.payload, 1, {mostBytes:UInt64})) AS payload, length(l.payload) AS payloadSize,
    if(m.settled = '', 'waiting', m.settled) AS state, toUnixTimestamp64Milli(m.settled_at) AS handledAt,
    m.edits AS edits, base64Encode(m.text) AS edited
  FROM (SELECT * FROM dead_letters FINAL) AS l
  LEFT JOIN (
    SELECT ${identity}, argMaxIf(mark, at, mark != 'edited') AS settled, maxIf(at, mark != 'edited') AS settled_at,
      countIf(mark = 'edited') AS edits, argMaxIf(payload, at, mark = 'edited') AS text
    FROM dead_letter_marks GROUP BY ${identity}
  ) AS m USING (${identity})
  WHERE ${where}`

const filtered = `({tenant:String} = '' OR tenant = {tenant:String}) AND ({stage:String} = '' OR stage = {stage:String})
    AND ({source:String} = '' OR source = {source:String}) AND ({reason:String} = '' OR reason = {reason:String})
    AND ({state:String} = '' OR state = {state:String})
    AND rejected_at >= fromUnixTimestamp64Milli({from:Int64}) AND rejected_at < fromUnixTimestamp64Milli({to:Int64})`

/** The last millisecond that both JavaScript and a DateTime64(3) hold with certainty, in 2262. */
const lastMillis = 9_214_646_400_000

const filterParams = (filter: DeadLetterFilter): Record<string, unknown> => ({
  tenant: filter.tenant ?? "",
  stage: filter.stage ?? "",
  source: filter.source ?? "",
  reason: filter.reason ?? "",
  state: filter.state ?? "",
  from: filter.from ?? 0,
  to: filter.to ?? lastMillis
})

/** Dead letters of a filter, last rejected first. */
export const readDeadLetters = (page: DeadLetterPage): Effect.Effect<Array<HandledLetter>, StoreError, Store> => {
  const { after } = page
  const behind = `(rejected_at, tenant, stage, partition, sequence, row) <
    (fromUnixTimestamp64Milli({at:Int64}), {atTenant:String}, {atStage:String}, {atPartition:UInt16}, {atSequence:UInt64}, {atRow:UInt32})`
  return read<Row>({
    operation: "read dead letters",
    sql: `${select(after === undefined ? filtered : `${filtered} AND ${behind}`)}
      ORDER BY rejected_at DESC, tenant DESC, stage DESC, partition DESC, sequence DESC, row DESC
      LIMIT {first:UInt32}`,
    params: {
      ...filterParams(page),
      first: page.first,
      mostBytes: page.mostBytes,
      at: after?.rejectedAt ?? 0,
      atTenant: after?.tenant ?? "",
      atStage: after?.stage ?? "",
      atPartition: after?.partition ?? 0,
      atSequence: after?.sequence ?? 0,
      atRow: after?.row ?? 0
    },
    limits: page.limits
  }).pipe(Effect.map((rows) => rows.map(toLetter)))
}

/** How many letters a filter picks, and how many records they stand for. */
export const countDeadLetters = (
  filter: DeadLetterFilter,
  limits?: ReadLimits
): Effect.Effect<{ readonly letters: number; readonly records: number }, StoreError, Store> =>
  read<{ readonly letters: string; readonly number: string }>({
    operation: "count dead letters",
    sql: `SELECT count() AS letters, sum(records) AS number FROM (${select(filtered)})`,
    params: { ...filterParams(filter), mostBytes: 0 },
    limits
  }).pipe(Effect.map(([row]) => ({ letters: Number(row?.letters ?? 0), records: Number(row?.number ?? 0) })))

/** One letter with all of its bytes, or undefined. */
export const readDeadLetter = (
  id: DeadLetterId,
  limits?: ReadLimits
): Effect.Effect<HandledLetter | undefined, StoreError, Store> =>
  read<Row>({
    operation: "read a dead letter",
    sql: select(`tenant = {tenant:String} AND stage = {stage:String} AND partition = {partition:UInt16}
      AND sequence = {sequence:UInt64} AND row = {row:UInt32}`),
    params: { ...id, mostBytes: 2 ** 40 },
    limits
  }).pipe(Effect.map(([row]) => (row === undefined ? undefined : toLetter(row))))

const toLetter = (row: Row): HandledLetter => {
  const { edited, edits, headers, payload, payloadSize, ...plain } = row
  return {
    ...plain,
    sequence: Number(row.sequence),
    rejectedAt: Number(row.rejectedAt),
    handledAt: row.state === "waiting" ? undefined : Number(row.handledAt),
    headers: headers === "" ? {} : (JSON.parse(headers) as Record<string, string>),
    payload: bytesOf(payload),
    payloadBytes: Number(payloadSize),
    edited: Number(edits) === 0 ? undefined : bytesOf(edited)
  }
}

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"))
