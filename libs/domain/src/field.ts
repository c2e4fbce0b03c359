// Field: a described key of a component's or an app's configuration.
import { Effect, Schema } from "effect"

/** A key that must be given, with its meaning for the reference, lint and editors. */
export const required = <S extends Schema.Constraint>(schema: S, description: string): S =>
  // biome-ignore lint/suspicious/noExplicitAny: annotateEncoded keeps the schema's own type, which TypeScript cannot see through the generic
  Schema.annotateEncoded<any>({ description })(schema as any) as S

/** A key that may be left out, with its meaning and what it then is. `value` is the encoded form, as written in YAML. */
export const field = <S extends Schema.Constraint & { readonly Encoded: unknown }>(
  schema: S,
  value: S["Encoded"],
  description: string
) =>
  Schema.withDecodingDefaultKey<S>(Effect.succeed(value as never))(
    // biome-ignore lint/suspicious/noExplicitAny: see `required`
    Schema.annotateEncoded<any>({ description, default: value })(schema as any) as S
  )

/** A key that may be left out and then is undefined, with its meaning. */
export const optional = <S extends Schema.Constraint>(schema: S, description: string) =>
  Schema.optionalKey(required(schema, description))
