// StoreError: a failed request to ClickHouse, classed by what the caller has to do about it.
import { withShownUrls } from "@tailrace/domain/shown-url"
import { Schema } from "effect"

/**
 * What to do with the work that failed:
 * retry: the result is unknown or the trouble passes by itself, repeat the same bytes under the same token;
 * hold: an operator or time must change something first (disk, memory, access, schema), keep the work and press back;
 * dead-letter: something in the data is refused, find it and set it aside, the rest can be stored;
 * reject: the same request can never succeed, and nothing says that it is the data.
 */
const consequences = ["retry", "hold", "dead-letter", "reject"] as const
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
  202, // TOO_MANY_SIMULTANEOUS_QUERIES
  203, // NO_FREE_CONNECTION
  209, // SOCKET_TIMEOUT
  210, // NETWORK_ERROR
  225, // NO_ZOOKEEPER
  236, // ABORTED
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
  8, // THERE_IS_NO_COLUMN
  16, // NO_SUCH_COLUMN_IN_TABLE
  20, // NUMBER_OF_COLUMNS_DOESNT_MATCH
  50, // UNKNOWN_TYPE
  53, // TYPE_MISMATCH
  60, // UNKNOWN_TABLE
  74, // CANNOT_READ_FROM_FILE_DESCRIPTOR
  75, // CANNOT_WRITE_TO_FILE_DESCRIPTOR
  76, // CANNOT_OPEN_FILE
  81, // UNKNOWN_DATABASE
  164, // READONLY
  173, // CANNOT_ALLOCATE_MEMORY
  192, // UNKNOWN_USER
  193, // WRONG_PASSWORD
  195, // IP_ADDRESS_NOT_ALLOWED
  201, // QUOTA_EXCEEDED
  241, // MEMORY_LIMIT_EXCEEDED
  242, // TABLE_IS_READ_ONLY
  243, // NOT_ENOUGH_SPACE
  252, // TOO_MANY_PARTS
  497, // ACCESS_DENIED
  516 // AUTHENTICATION_FAILED
])

/**
 * Codes that speak of single values: a constraint they violate, or an expression of a column or view that cannot take
 * them. Whatever is not listed here never sets records aside, because it may be true of every record.
 */
const dataCodes: ReadonlySet<number> = new Set([
  6, // CANNOT_PARSE_TEXT
  25, // CANNOT_PARSE_ESCAPE_SEQUENCE
  26, // CANNOT_PARSE_QUOTED_STRING
  27, // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  38, // CANNOT_PARSE_DATE
  41, // CANNOT_PARSE_DATETIME
  69, // ARGUMENT_OUT_OF_BOUND
  70, // CANNOT_CONVERT_TYPE
  72, // CANNOT_PARSE_NUMBER
  117, // INCORRECT_DATA
  128, // TOO_LARGE_ARRAY_SIZE
  131, // TOO_LARGE_STRING_SIZE
  153, // ILLEGAL_DIVISION
  321, // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
  349, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
  376, // CANNOT_PARSE_UUID
  395, // FUNCTION_THROW_IF_VALUE_IS_NON_ZERO
  407, // DECIMAL_OVERFLOW
  441, // CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING
  467, // CANNOT_PARSE_BOOL
  469, // VIOLATED_CONSTRAINT
  675, // CANNOT_PARSE_IPV4
  676, // CANNOT_PARSE_IPV6
  691 // UNKNOWN_ELEMENT_OF_ENUM
])

/** The consequence of a ClickHouse exception code. */
export const consequenceOf = (code: number): Consequence => {
  if (retryCodes.has(code)) return "retry"
  if (holdCodes.has(code)) return "hold"
  return dataCodes.has(code) ? "dead-letter" : "reject"
}

/** Classes whatever the client threw. Without an exception code there was no answer, so the result is unknown: retry. */
export const toStoreError = (operation: string, cause: unknown): StoreError => {
  const text = cause instanceof Error ? cause.message : String(cause)
  const code = exceptionCode(cause)
  const first = withShownUrls(text.split("\n", 1)[0] as string)
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
