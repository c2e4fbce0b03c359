// PipelineDecode: from the text of a pipeline file to its decoded configuration, or everything that is wrong with it.
import type { Component, ComponentKind } from "@tailrace/domain/component"
import { Effect, Result, Schema, SchemaIssue } from "effect"
import type { ComponentConfigError, ConfigProblem } from "./config-error.ts"
import { PipelineConfig } from "./pipeline-config.ts"

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1()

/** Decodes a value with a schema; problems carry `path` in front of their own. */
export const decodeWith = <S extends Schema.ConstraintDecoder<unknown>>(
  schema: S,
  value: unknown,
  path: ReadonlyArray<string | number>
): Result.Result<S["Type"], ReadonlyArray<ConfigProblem>> =>
  Schema.decodeUnknownResult(schema, { errors: "all", onExcessProperty: "error" })(value).pipe(
    Result.mapError((error) =>
      formatIssue(error.issue).issues.map((issue) => ({
        path: [...path, ...(issue.path ?? []).map(keyOf)],
        message: issue.message
          .replace("Expected no excess property", "no such key here, correct its name or remove it")
          .replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())
      }))
    )
  )

/** A component that could be made, or what is wrong with its entry. */
export type Made<A> = { readonly value: A } | { readonly problems: ReadonlyArray<ConfigProblem> }

export interface MadeEntry<A> {
  readonly made: A
  readonly config: Record<string, unknown>
  readonly type: string
}

// biome-ignore lint/suspicious/noExplicitAny: entries of a catalogue differ in configuration; each decodes its own
type AnyComponent<A> = Component<ComponentKind, any, A, ComponentConfigError, never>

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

const keyOf = (key: PropertyKey | { readonly key: PropertyKey }): string | number => {
  const plain = typeof key === "object" ? key.key : key
  return typeof plain === "number" ? plain : String(plain)
}

/** A problem as a line a person reads: "12:7 filter.0.when: ...". */
export const problemText = (problem: ConfigProblem): string => {
  const place = problem.line === undefined ? "" : `${problem.line}:${problem.column ?? 1} `
  const path = problem.path.length === 0 ? "" : `${problem.path.join(".")}: `
  return `${place}${path}${problem.message}`
}
