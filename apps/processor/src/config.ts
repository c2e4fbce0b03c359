// Config of the processor: where broker and store are, which partitions it runs, and where its pipeline file is.
import { field, optional } from "@tailrace/domain/field"
import { Schema } from "effect"

export const ProcessorConfig = Schema.Struct({
  nats: field(
    Schema.Struct({
      servers: field(Schema.Array(Schema.NonEmptyString), ["nats://127.0.0.1:4222"], "Addresses of the broker."),
      token: optional(Schema.String, "Token to authenticate with."),
      user: optional(Schema.String, "User to authenticate as."),
      password: optional(Schema.String, "Password of the user.")
    }),
    {},
    "The broker."
  ),
  store: field(
    Schema.Struct({
      url: field(
        Schema.NonEmptyString,
        "http://127.0.0.1:8123",
        "ClickHouse's HTTP interface, a server's or the store front's."
      ),
      database: field(Schema.NonEmptyString, "tailrace", "Database that holds the tables."),
      username: optional(Schema.String, "User to authenticate as."),
      password: optional(Schema.String, "Password of the user.")
    }),
    {},
    "The store."
  ),
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
  pipeline: optional(Schema.NonEmptyString, "Path of the pipeline file; the built-in default pipeline when left out."),
  instance: optional(Schema.NonEmptyString, "Name of this process in heartbeats; host and process id when left out."),
  setUp: field(Schema.Boolean, true, "Whether streams and tables are created or brought up to date at the start.")
})
export type ProcessorConfig = typeof ProcessorConfig.Type
