// NatsConfig: where a process finds the broker, as it stands in the configuration of every app.
import { field, optional } from "@tailrace/domain/field"
import { Schema } from "effect"

export const NatsConfig = Schema.Struct({
  servers: field(Schema.Array(Schema.NonEmptyString), ["nats://127.0.0.1:4222"], "Addresses of the broker."),
  token: optional(Schema.String, "Token to authenticate with."),
  user: optional(Schema.String, "User to authenticate as."),
  password: optional(Schema.String, "Password of the user.")
})
