// ConfigProblem: what is wrong with a configuration, and where.
import { Schema } from "effect"

/** One thing wrong. `path` leads to the value, `line` and `column` (from 1) to its place in the file when that is known. */
export interface ConfigProblem {
  readonly path: ReadonlyArray<string | number>
  readonly message: string
  readonly line?: number
  readonly column?: number
}

/** A component cannot be made from its configuration: `key` names the key, the message says what is wrong with it. */
export class ComponentConfigError extends Schema.TaggedError<ComponentConfigError>()("ComponentConfigError", {
  key: Schema.String,
  message: Schema.String
}) {}
