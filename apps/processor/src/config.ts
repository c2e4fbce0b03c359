// Config of the processor: where broker and store are, which partitions it runs, and where its pipeline file is.

import { asNumber, asText, type Configurable } from "@tailrace/config/config-file"
import { DurationMillis } from "@tailrace/domain/duration"
import { field, optional } from "@tailrace/domain/field"
import { StoreConfig, storeKeys } from "@tailrace/store/store-config"
import { Durability } from "@tailrace/streams/durability"
import { NatsConfig, natsKeys } from "@tailrace/streams/nats-config"
import { Schema } from "effect"

const DeadLetters = Schema.Struct({
  keep: field(DurationMillis, "30d", "How long they are kept, whatever was done with them."),
  maxBytes: field(
    Schema.Int.check(Schema.isGreaterThan(0)),
    1_073_741_824,
    "Bytes of all of them; beyond it the oldest go, but none of the last hour."
  )
})

export const ProcessorConfig = Schema.Struct({
  nats: field(NatsConfig, {}, "The broker."),
  store: field(StoreConfig, {}, "The store."),
  partitions: field(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 256 })),
    1,
    "Number of partitions of the raw stream; may grow, never shrink."
  ),
  run: optional(
    Schema.Array(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))),
    "Partitions this process runs; all when left out."
  ),
  placement: field(
    Schema.Literals(["fused", "staged"]),
    "fused",
    "Whether stages hand on in memory (fused) or through durable streams (staged); the pipeline file may say otherwise."
  ),
  durability: field(
    Durability,
    "fsync",
    "What an acknowledgement of the broker is worth: `replicated` keeps three copies of every stream in a cluster, the others one."
  ),
  pipeline: optional(Schema.NonEmptyString, "Path of the pipeline file; the built-in default pipeline when left out."),
  status: optional(
    Schema.Struct({
      host: field(Schema.NonEmptyString, "127.0.0.1", "Address to listen on."),
      port: field(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 })), 4081, "Port to listen on."),
      names: field(
        Schema.Array(Schema.NonEmptyString),
        [],
        "Host names it is reached by, without port, besides localhost and any address: another name is refused, since a foreign page may be behind it."
      ),
      origins: field(Schema.Array(Schema.NonEmptyString), [], "Origins of other sites whose pages are answered.")
    }),
    "Where /health/live, /health/ready and /metrics are served; nowhere when left out."
  ),
  deadLetters: field(DeadLetters, {}, "How many dead letters the store keeps."),
  instance: optional(Schema.NonEmptyString, "Name of this process in heartbeats; host and process id when left out."),
  setUp: field(Schema.Boolean, true, "Whether streams and tables are created or brought up to date at the start.")
})
export type ProcessorConfig = typeof ProcessorConfig.Type

/** The processor's configuration: its file, and the variables that win over it. */
export const processorConfigurable = {
  schema: ProcessorConfig,
  keys: [
    ...natsKeys,
    ...storeKeys,
    ["TAILRACE_PARTITIONS", ["partitions"], asNumber],
    ["TAILRACE_PLACEMENT", ["placement"], asText],
    ["TAILRACE_DURABILITY", ["durability"], asText],
    ["TAILRACE_PIPELINE", ["pipeline"], asText]
  ]
} satisfies Configurable<typeof ProcessorConfig>
