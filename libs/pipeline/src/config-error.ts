// ConfigError: why a component cannot be made from its configuration.
import { Schema } from "effect"

/** A component cannot be made from its configuration: `key` names the key, the message says what is wrong with it. */
export class ComponentConfigError extends Schema.TaggedError<ComponentConfigError>()("ComponentConfigError", {
  key: Schema.String,
  message: Schema.String
}) {}
