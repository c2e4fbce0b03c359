// NatsConfig: where a process finds the broker, as it stands in the configuration of every app.
import { asSecretFile, Secret } from "@tailrace/access/secret"
import { asList, asText, type EnvironmentKeys } from "@tailrace/config/config-file"
import { field, optional } from "@tailrace/domain/field"
import { Schema } from "effect"

export const NatsConfig = Schema.Struct({
  servers: field(Schema.Array(Schema.NonEmptyString), ["nats://127.0.0.1:4222"], "Addresses of the broker."),
  token: optional(Secret, "Token to authenticate with, or `{ file }` that holds it."),
  user: optional(Schema.String, "User to authenticate as."),
  password: optional(Secret, "Password of the user, or `{ file }` that holds it."),
  seed: optional(Secret, "Seed of the user's nkey, instead of a password, or `{ file }` that holds it."),
  inbox: optional(
    Schema.NonEmptyString,
    "Prefix of the subjects that answers come under, where the user may not listen to `_INBOX.>`."
  )
})

/** Variables that set the broker under the key `nats`. */
export const natsKeys: EnvironmentKeys = [
  ["TAILRACE_NATS_URL", ["nats", "servers"], asList],
  ["TAILRACE_NATS_TOKEN", ["nats", "token"], asText],
  ["TAILRACE_NATS_USER", ["nats", "user"], asText],
  ["TAILRACE_NATS_PASSWORD", ["nats", "password"], asText],
  ["TAILRACE_NATS_PASSWORD_FILE", ["nats", "password"], asSecretFile],
  ["TAILRACE_NATS_SEED", ["nats", "seed"], asText],
  ["TAILRACE_NATS_SEED_FILE", ["nats", "seed"], asSecretFile],
  ["TAILRACE_NATS_INBOX", ["nats", "inbox"], asText]
]
