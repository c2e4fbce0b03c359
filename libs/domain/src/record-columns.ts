// RecordColumns: what a record consists of beside its identity, as one table. Everything that carries, stores or asks for
// records goes by it: batches, their bytes on the wire, blocks for ClickHouse, search rows and the names of the query language.

/** How a column lies in a batch. time: milliseconds and nanoseconds within them; number: 0..255, 0 where it is missing. */
export type ColumnKind = "dictionary" | "text" | "pairs" | "time" | "number" | "flag"

/**
 * What a column is to queries. keyword: a short text, compared whole; identity: one in hexadecimal; severity: a keyword
 * with ranks; text: searched by token; time: what records are sorted by; attribute, resource: a map whose keys are fields.
 */
export type ColumnRole =
  | "keyword"
  | "identity"
  | "severity"
  | "text"
  | "number"
  | "time"
  | "flag"
  | "attribute"
  | "resource"

export interface RecordColumn {
  /** Property of records, and of batches unless there are `parts`. */
  readonly name: string
  readonly kind: ColumnKind
  /** Column of the table `logs`; the name of the field in queries. */
  readonly column: string
  /** Properties of batches that hold a time: milliseconds since 1970, and nanoseconds 0..999999. */
  readonly parts?: readonly [string, string]
  /** Undefined: queries cannot ask for it. */
  readonly role?: ColumnRole
  /** Further names in queries, in lower case. */
  readonly aliases?: ReadonlyArray<string>
  /** What the field holds, one sentence for the reference. */
  readonly summary: string
  /** Given by the frame, not by what a message says. */
  readonly ofFrame?: boolean
}

/** A new column goes to the end, so that batches on the way from a process before it can still be read. */
const columns = [
  {
    name: "timestamp",
    kind: "time",
    column: "timestamp",
    parts: ["timeMillis", "timeNanos"],
    role: "time",
    aliases: ["@timestamp", "ts", "time"],
    summary: "When the record was made."
  },
  {
    name: "observedTimestamp",
    kind: "time",
    column: "observed_at",
    parts: ["observedMillis", "observedNanos"],
    summary: "When Tailrace first saw the record."
  },
  {
    name: "severity",
    kind: "dictionary",
    column: "severity",
    role: "severity",
    aliases: ["level", "lvl", "severity_text", "loglevel", "log.level"],
    summary: "TRACE, DEBUG, INFO, WARN, ERROR or FATAL; ordered, so severity >= WARN works."
  },
  {
    name: "severityNumber",
    kind: "number",
    column: "severity_number",
    role: "number",
    aliases: ["severitynumber"],
    summary: "OpenTelemetry severity number 1..24, 0 for none."
  },
  {
    name: "service",
    kind: "dictionary",
    column: "service",
    role: "keyword",
    aliases: ["svc", "service.name"],
    summary: "The service that wrote it."
  },
  {
    name: "host",
    kind: "dictionary",
    column: "host",
    role: "keyword",
    aliases: ["hostname", "host.name"],
    summary: "The machine it was written on."
  },
  {
    name: "source",
    kind: "dictionary",
    column: "source",
    role: "keyword",
    ofFrame: true,
    summary: "The source that brought it."
  },
  {
    name: "tenant",
    kind: "dictionary",
    column: "tenant",
    role: "keyword",
    ofFrame: true,
    summary: "The tenant it belongs to."
  },
  {
    name: "body",
    kind: "text",
    column: "body",
    role: "text",
    aliases: ["message", "msg"],
    summary: "The message, searched by token."
  },
  {
    name: "traceId",
    kind: "text",
    column: "trace_id",
    role: "identity",
    aliases: ["traceid", "trace.id", "trace"],
    summary: "Trace identity, hexadecimal."
  },
  {
    name: "spanId",
    kind: "text",
    column: "span_id",
    role: "identity",
    aliases: ["spanid", "span.id", "span"],
    summary: "Span identity, hexadecimal."
  },
  {
    name: "parsed",
    kind: "flag",
    column: "parsed",
    role: "flag",
    summary: "Whether a codec understood the message."
  },
  {
    name: "attributes",
    kind: "pairs",
    column: "attributes",
    role: "attribute",
    summary: "What else the message says."
  },
  {
    name: "resource",
    kind: "pairs",
    column: "resource",
    role: "resource",
    summary: "What is known of the sender."
  }
] as const satisfies ReadonlyArray<RecordColumn>

export const recordColumns: ReadonlyArray<RecordColumn> = columns

type Entry = (typeof columns)[number]

/** Names of the product's columns of a kind. */
export type ColumnName<K extends ColumnKind> = Extract<Entry, { readonly kind: K }>["name"]
/** Columns of the table `logs` for the product's columns of a kind. */
export type StoredColumn<K extends ColumnKind> = Extract<Entry, { readonly kind: K }>["column"]
/** Names of the properties that hold the milliseconds (0) or the nanoseconds (1) of times. */
export type TimePart<I extends 0 | 1> = Extract<Entry, { readonly kind: "time" }>["parts"][I]

/** What a record says in each column. Times are nanoseconds since 1970; a text that it does not carry is "". */
export type RecordValues = { readonly [N in ColumnName<"dictionary" | "text">]: string } & {
  readonly [N in ColumnName<"pairs">]: Readonly<Record<string, string>>
} & { readonly [N in ColumnName<"time">]: bigint } & { readonly [N in ColumnName<"number">]: number } & {
  readonly [N in ColumnName<"flag">]: boolean
}
