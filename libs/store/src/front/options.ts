// Options of the store front: where it keeps data, where it listens, who may enter, and the bounds of one request.
import { field, optional, required } from "@tailrace/domain/field"
import { Schema } from "effect"

export const FrontUser = Schema.Struct({
  name: required(Schema.NonEmptyString, "Name sent in X-ClickHouse-User, by Basic authentication or as ?user="),
  password: field(Schema.String, "", "Password; an empty one only together with the option open"),
  readOnly: field(Schema.Boolean, false, "Whether the user may only read, within limits it cannot raise")
})
export type FrontUser = typeof FrontUser.Type

const positive = Schema.Int.check(Schema.isGreaterThan(0))

export const FrontOptions = Schema.Struct({
  dataDir: required(Schema.NonEmptyString, "Folder of the data; one process at a time"),
  host: field(Schema.NonEmptyString, "127.0.0.1", "Address to listen on"),
  port: field(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 })), 8123, "Port; 0 takes a free one"),
  users: field(Schema.Array(FrontUser), [{ name: "default" }], "Who may enter"),
  open: field(
    Schema.Boolean,
    false,
    "Whether users may have no password, so that everybody on this machine may enter; on a loopback address only"
  ),
  names: field(
    Schema.Array(Schema.NonEmptyString),
    [],
    "Host names it is reached by, without port, besides localhost and any address: another name is refused, since a foreign page may be behind it."
  ),
  memoryBytes: field(positive, 1_500_000_000, "Memory of the engine as a whole; queries beyond it fail"),
  queryMemoryBytes: field(positive, 1_000_000_000, "Memory of one query, unless its settings say otherwise"),
  querySeconds: field(positive, 60, "Seconds of one query, unless its settings say otherwise"),
  resultRows: field(positive, 10_000_000, "Rows of one result, unless the query's settings say otherwise"),
  bodyBytes: field(positive, 512 * 1024 * 1024, "Bytes of one decompressed body; a larger one is answered with 413"),
  spoolBytes: field(positive, 1024 * 1024 * 1024, "Bytes of all bodies held at once; beyond it 503"),
  running: field(positive, 12, "Statements that run at once, inserts of data aside; bounded by the thread pool"),
  inserting: field(positive, 4, "Inserts of data that run at once; bounded by the thread pool"),
  waiting: field(positive, 128, "Requests that wait for their turn, of either kind; beyond it 503 with Retry-After"),
  statementSeconds: field(positive, 300, "Seconds after which a statement is ended, whatever its settings say"),
  insertSeconds: field(positive, 120, "Seconds after which an insert of data is ended"),
  stuckSeconds: field(
    positive,
    30,
    "Seconds beyond these after which the front, if no statement has ended, ends itself, to be started again"
  ),
  stallSeconds: field(positive, 120, "Seconds a client may leave a result unread before it is dropped"),
  closeMillis: field(positive, 5_000, "Milliseconds between SIGTERM and the end, whatever still runs"),
  fsync: field(Schema.Boolean, true, "Whether new parts reach the disk before an insert is answered"),
  outsideSources: field(
    Schema.Boolean,
    false,
    "Whether SQL may reach files, addresses and programs outside of the data folder"
  ),
  confined: field(
    Schema.Boolean,
    true,
    "Whether the system keeps the process to its data folder and port, where it can (Linux with Landlock)"
  ),
  spoolDir: optional(Schema.NonEmptyString, "Folder for bodies and pipes; shared memory when there is some")
})
export type FrontOptions = typeof FrontOptions.Type
export type FrontOptionsInput = typeof FrontOptions.Encoded

export const decodeFrontOptions = Schema.decodeUnknownSync(FrontOptions)

const loopback = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/

export const isLoopback = (host: string): boolean => loopback.test(host)

/** A sentence when the options would let strangers in, else undefined. */
export const refuseOpenDoor = (options: FrontOptions): string | undefined => {
  const without = options.users.find((user) => user.password === "")
  if (without === undefined) return undefined
  if (!options.open) {
    return `store front: user ${without.name} has no password, set one under users, or open to let everybody on this machine in`
  }
  if (isLoopback(options.host)) return undefined
  return `store front: user ${without.name} has no password and ${options.host} is not a loopback address, set a password or listen on 127.0.0.1`
}
