// StoreError: a failed request to ClickHouse, classed by what the caller has to do about it.
import { Schema } from "effect"

/**
 * What to do with the work that failed:
 * retry: the result is unknown or the trouble passes by itself, repeat the same bytes under the same token;
 * hold: an operator or time must change something first (disk, memory, access, schema), keep the work and press back;
 * reject: the same request can never succeed.
 */
const consequences = ["retry", "hold", "reject"] as const
export type Consequence = (typeof consequences)[number]

export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", {
  consequence: Schema.Literals(consequences),
  /** ClickHouse's exception code; absent when no answer came. */
  code: Schema.optionalKey(Schema.Int),
  /** ClickHouse's name of the code, such as TOO_MANY_PARTS. */
  type: Schema.optionalKey(Schema.String),
  message: Schema.String
}) {}

/** Codes after which the result is unknown or a later try may succeed without anybody's help. */
const retryCodes: ReadonlySet<number> = new Set([
  159, // TIMEOUT_EXCEEDED
  164, // READONLY: a store that is being switched over
  202, // TOO_MANY_SIMULTANEOUS_QUERIES
  203, // NO_FREE_CONNECTION
  209, // SOCKET_TIMEOUT
  210, // NETWORK_ERROR
  225, // NO_ZOOKEEPER
  236, // ABORTED
  242, // TABLE_IS_READ_ONLY
  279, // ALL_CONNECTION_TRIES_FAILED
  285, // TOO_FEW_LIVE_REPLICAS
  286, // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
  319, // UNKNOWN_STATUS_OF_INSERT
  394, // QUERY_WAS_CANCELLED
  425, // SYSTEM_ERROR
  473, // DEADLOCK_AVOIDED
  999 // KEEPER_EXCEPTION
])

/** Codes that last until somebody frees room, grants access or migrates the schema; the data itself is sound. */
const holdCodes: ReadonlySet<number> = new Set([
  16, // NO_SUCH_COLUMN_IN_TABLE
  60, // UNKNOWN_TABLE
  74, // CANNOT_READ_FROM_FILE_DESCRIPTOR
  75, // CANNOT_WRITE_TO_FILE_DESCRIPTOR
  76, // CANNOT_OPEN_FILE
  81, // UNKNOWN_DATABASE
  192, // UNKNOWN_USER
  193, // WRONG_PASSWORD
  195, // IP_ADDRESS_NOT_ALLOWED
  201, // QUOTA_EXCEEDED
  241, // MEMORY_LIMIT_EXCEEDED
  243, // NOT_ENOUGH_SPACE
  252, // TOO_MANY_PARTS
  497, // ACCESS_DENIED
  516 // AUTHENTICATION_FAILED
])

/** The consequence of a ClickHouse exception code. */
export const consequenceOf = (code: number): Consequence =>
  retryCodes.has(code) ? "retry" : holdCodes.has(code) ? "hold" : "reject"

/** Classes whatever the client threw. Without an exception code there was no answer, so the result is unknown: retry. */
export const toStoreError = (operation: string, cause: unknown): StoreError => {
  const text = cause instanceof Error ? cause.message : String(cause)
  const code = exceptionCode(cause)
  const first = text.split("\n", 1)[0] as string
  if (code === undefined) {
    return new StoreError({ consequence: "retry", message: `${operation}: no answer from the store: ${first}` })
  }
  const type = (cause as { readonly type?: unknown }).type
  return new StoreError({
    consequence: consequenceOf(code),
    code,
    ...(typeof type === "string" ? { type } : {}),
    message: `${operation}: ${first}`
  })
}

/** ClickHouse codes are digits; codes such as ECONNREFUSED are the operating system's. */
const exceptionCode = (cause: unknown): number | undefined => {
  const code = (cause as { readonly code?: unknown } | undefined)?.code
  return typeof code === "string" && /^\d+$/.test(code) ? Number(code) : undefined
}
