// Config of the api: where it listens, where broker and store are, and the bounds of a request.
import { peerRules } from "@tailrace/access/peer-owner"
import { asFlag, asList, asNumber, asText, type Configurable } from "@tailrace/config/config-file"
import { field, optional } from "@tailrace/domain/field"
import { StoreConfig, storeKeys } from "@tailrace/store/store-config"
import { NatsConfig, natsKeys } from "@tailrace/streams/nats-config"
import { Schema } from "effect"

const positive = Schema.Int.check(Schema.isGreaterThan(0))

export const ApiLimits = Schema.Struct({
  depth: field(positive, 10, "Deepest nesting of a GraphQL operation's fields."),
  tokens: field(positive, 2_000, "Most tokens of a GraphQL document."),
  aliases: field(positive, 30, "Most aliases in one operation."),
  cost: field(positive, 200_000, "Most fields an operation may ask for, counting those of a list times its `first`."),
  reads: field(positive, 200, "Most reads of the store that one operation may need."),
  readsAtOnce: field(
    positive,
    6,
    "Reads of the store at once, of all callers; the others wait, callers taking turns. Fewer than the store takes."
  ),
  callerReads: field(positive, 4, "Reads of the store at once of one connection, and so of one operation."),
  waitingReads: field(positive, 500, "Reads that one connection may have waiting for their turn."),
  messagesPerSecond: field(
    positive,
    100,
    "Messages a second, pings too, that a WebSocket may send, and twice as many at once; 16 KiB count as one more. Beyond, it is closed with 4429."
  ),
  addressSockets: field(positive, 1_500, "Most WebSockets of one address."),
  operations: field(positive, 100, "Most operations running at once on one WebSocket."),
  pageSize: field(positive, 5_000, "Most records of one page."),
  seconds: field(positive, 30, "Seconds that a read of the store may take."),
  memoryBytes: field(positive, 1_000_000_000, "Memory that a read of the store may take."),
  subscriptions: field(positive, 2_000, "Most live subscriptions at once."),
  subscriberBytes: field(
    positive,
    4 * 1024 * 1024,
    "Bytes waiting for one slow subscriber before records are left out and counted."
  ),
  waitingBytes: field(
    positive,
    256 * 1024 * 1024,
    "Bytes waiting for all slow subscribers together; beyond them each still has an equal share of as many."
  ),
  bodyBytes: field(positive, 1024 * 1024, "Largest request body, and largest message of a WebSocket."),
  headerSeconds: field(positive, 10, "Seconds a client may take to send the head of a request."),
  stalledSeconds: field(positive, 60, "Seconds after which a connection that takes nothing is closed.")
})
export type ApiLimits = typeof ApiLimits.Type

export const ApiConfig = Schema.Struct({
  host: field(Schema.NonEmptyString, "127.0.0.1", "Address to listen on."),
  port: field(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 })), 4000, "Port; 0 takes a free one."),
  names: field(
    Schema.Array(Schema.NonEmptyString),
    [],
    "Host names it is reached by, without port, besides localhost and any address: another name is refused, since a foreign page may be behind it."
  ),
  origins: field(
    Schema.Array(Schema.NonEmptyString),
    [],
    "Origins of other sites whose pages may use the api from a browser."
  ),
  peers: optional(
    Schema.Literals(peerRules),
    "Which users of this machine are answered on loopback: same-user (its own and root; the default there) or any."
  ),
  introspection: field(Schema.Boolean, true, "Whether the schema may be asked for."),
  nats: field(NatsConfig, {}, "The broker."),
  store: field(StoreConfig, {}, "The store."),
  limits: field(ApiLimits, {}, "Bounds of a request.")
})
export type ApiConfig = typeof ApiConfig.Type

/** The api's configuration: its file, and the variables that win over it. */
export const apiConfigurable = {
  schema: ApiConfig,
  keys: [
    ["TAILRACE_API_HOST", ["host"], asText],
    ["TAILRACE_API_PORT", ["port"], asNumber],
    ["TAILRACE_API_NAMES", ["names"], asList],
    ["TAILRACE_API_ORIGINS", ["origins"], asList],
    ["TAILRACE_API_PEERS", ["peers"], asText],
    ["TAILRACE_API_INTROSPECTION", ["introspection"], asFlag],
    ...natsKeys,
    ...storeKeys
  ]
} satisfies Configurable<typeof ApiConfig>
