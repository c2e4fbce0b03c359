// Component: a named definition (summary, config schema, examples, make); a catalogue is the explicit list of one kind.
import type { Effect, Schema } from "effect"

/** Kinds of components, as they stand in the reference. */
export type ComponentKind = "source" | "codec" | "filter" | "enrichment" | "metric" | "detector" | "sink"

/** One definition. `name` is its `type:` in configuration, its file's name, its docs anchor and its metric label. */
export interface Component<Kind extends ComponentKind, C, A, E, R> {
  readonly kind: Kind
  readonly name: string
  /** One sentence that ends with a full stop. */
  readonly summary: string
  /** Every field described; see `field`. */
  readonly config: Schema.ConstraintCodec<C, unknown>
  /** At least one; each decodes under `config`. */
  readonly examples: ReadonlyArray<{ readonly title: string; readonly config: unknown }>
  /** Builds the running thing from a decoded configuration. */
  readonly make: (config: C) => Effect.Effect<A, E, R>
}

/** The definer of one kind: `const defineCodec = define("codec")`. */
export const define =
  <const Kind extends ComponentKind>(kind: Kind) =>
  <C, A, E, R>(definition: Omit<Component<Kind, C, A, E, R>, "kind">): Component<Kind, C, A, E, R> => ({
    kind,
    ...definition
  })
