// Config of the processor: where broker and store are, which partitions it runs, and where its pipeline file is.
import { field, optional } from "@tailrace/domain/field"
import { StoreConfig } from "@tailrace/store/store-config"
import { Durability } from "@tailrace/streams/durability"
import { NatsConfig } from "@tailrace/streams/nats-config"
import { Schema } from "effect"

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
      port: field(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 })), 4081, "Port to listen on.")
    }),
    "Where /health/live, /health/ready and /metrics are served; nowhere when left out."
  ),
  instance: optional(Schema.NonEmptyString, "Name of this process in heartbeats; host and process id when left out."),
  setUp: field(Schema.Boolean, true, "Whether streams and tables are created or brought up to date at the start.")
})
export type ProcessorConfig = typeof ProcessorConfig.Type

/** What the environment may set, whatever the file says: variable, then the path of the key. */
export const environmentKeys: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
  ["TAILRACE_NATS_URL", ["nats", "servers"]],
  ["TAILRACE_NATS_TOKEN", ["nats", "token"]],
  ["TAILRACE_STORE_URL", ["store", "url"]],
  ["TAILRACE_STORE_DATABASE", ["store", "database"]],
  ["TAILRACE_STORE_USERNAME", ["store", "username"]],
  ["TAILRACE_STORE_PASSWORD", ["store", "password"]],
  ["TAILRACE_PARTITIONS", ["partitions"]],
  ["TAILRACE_PLACEMENT", ["placement"]],
  ["TAILRACE_DURABILITY", ["durability"]],
  ["TAILRACE_PIPELINE", ["pipeline"]]
]

/** A configuration as read from YAML, with what the environment sets put in; keys it does not name stay out of reach. */
export const withEnvironment = (value: unknown, environment: Readonly<Record<string, string | undefined>>): unknown => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value
  const result = structuredClone(value) as Record<string, unknown>
  for (const [variable, path] of environmentKeys) {
    const text = environment[variable]
    if (text === undefined || text === "") continue
    const key = path[path.length - 1] as string
    const parent = path.length === 1 ? result : nested(result, path[0] as string)
    parent[key] = key === "servers" ? text.split(",") : key === "partitions" ? Number(text) : text
  }
  return result
}

const nested = (result: Record<string, unknown>, key: string): Record<string, unknown> => {
  const given = result[key]
  const child = typeof given === "object" && given !== null ? (given as Record<string, unknown>) : {}
  result[key] = child
  return child
}
