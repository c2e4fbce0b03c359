// ListenerConfig: where a listener for HTTP stands, who may come in from a browser, and the bounds of its connections.
import { field } from "@tailrace/domain/field"
import { Schema } from "effect"

const positive = Schema.Int.check(Schema.isGreaterThan(0))

/** Keys of every source that speaks HTTP. Sources of one address and port share a listener, and say the same here. */
export const listenerFields = {
  host: field(Schema.NonEmptyString, "127.0.0.1", "Address to listen on; 0.0.0.0 for all."),
  port: field(
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 })),
    4080,
    "Port to listen on; 0 for any free one."
  ),
  names: field(
    Schema.Array(Schema.NonEmptyString),
    [],
    "Host names it is reached by, without port, besides localhost and any address: another name is refused, since a foreign page may be behind it."
  ),
  origins: field(
    Schema.Array(Schema.NonEmptyString),
    [],
    "Origins of other sites whose pages may send logs from a browser."
  ),
  maxConnections: field(
    positive,
    16_384,
    "Connections at once. A further one takes the place of the one that has been without a request longest, or is closed when all have one under way."
  ),
  maxConnectionsPerAddress: field(positive, 12_288, "The same for the connections of one address."),
  headersTimeoutMillis: field(positive, 10_000, "Milliseconds a client has to send its headers."),
  requestTimeoutMillis: field(positive, 60_000, "Milliseconds a client has to send its whole request.")
}

const ListenerConfig = Schema.Struct(listenerFields)
export type ListenerConfig = typeof ListenerConfig.Type

/** The keys of a listener among those of a source. */
export const listenerOf = (config: ListenerConfig): ListenerConfig => {
  const keys = Object.keys(listenerFields) as ReadonlyArray<keyof ListenerConfig>
  return Object.fromEntries(keys.map((key) => [key, config[key]])) as unknown as ListenerConfig
}
