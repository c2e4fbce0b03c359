// PipelineDecode: from the text of a pipeline file to its decoded configuration, or everything that is wrong with it.
import { decodeWith } from "@tailrace/config/config-decode"
import type { ConfigProblem } from "@tailrace/config/yaml-file"
import { Effect, Result, type Schema } from "effect"
import type { AnyComponent } from "./catalogues.ts"
import { PipelineConfig } from "./pipeline-config.ts"

/** A component that could be made, or what is wrong with its entry. */
export type Made<A> = { readonly value: A } | { readonly problems: ReadonlyArray<ConfigProblem> }

export interface MadeEntry<A> {
  readonly made: A
  readonly config: Record<string, unknown>
  readonly type: string
}

/** Finds the component an entry names by `type`, decodes the entry and makes it; also answers the decoded entry. */
export const makeEntry = <A>(
  catalogue: ReadonlyArray<AnyComponent<A>>,
  entry: Readonly<Record<string, unknown>>,
  path: ReadonlyArray<string | number>
): Effect.Effect<Made<MadeEntry<A>>> =>
  Effect.suspend((): Effect.Effect<Made<MadeEntry<A>>> => {
    const component = catalogue.find((one) => one.name === entry.type)
    if (component === undefined) {
      const known = catalogue.map((one) => one.name).join(", ")
      const message =
        entry.type === undefined
          ? `type is missing, one of ${known}`
          : `no type ${JSON.stringify(entry.type)}, there are ${known}`
      return Effect.succeed({ problems: [{ path: [...path, "type"], message }] })
    }
    const decoded = decodeWith(component.config as Schema.ConstraintDecoder<unknown>, entry, path)
    if (Result.isFailure(decoded)) return Effect.succeed({ problems: decoded.failure })
    const config = decoded.success as Record<string, unknown>
    return component.make(config).pipe(
      Effect.map((made): Made<MadeEntry<A>> => ({ value: { made, config, type: component.name } })),
      Effect.catch((error) =>
        Effect.succeed<Made<MadeEntry<A>>>({ problems: [{ path: [...path, error.key], message: error.message }] })
      )
    )
  })

/** The decoded configuration of a plain value. */
export const decodePipeline = (value: unknown) => decodeWith(PipelineConfig, value, [])
