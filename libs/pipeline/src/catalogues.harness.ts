// Catalogues for tests of this library: everything it has, and sinks that only have names.
import { define } from "@tailrace/domain/component"
import { Effect, Schema } from "effect"
import { cataloguesWith } from "./catalogues.ts"

const sink = (name: string) =>
  define("sink")({
    name,
    summary: `Takes the place of ${name}.`,
    config: Schema.Struct({ type: Schema.Literal(name) }),
    examples: [],
    make: () => Effect.succeed({ name })
  })

export const catalogues = cataloguesWith(["clickhouse", "live", "stdout"].map(sink))
