// Secret: a value of a configuration that is never printed, given as a text or by the file that holds it.
import { readFileSync } from "node:fs"
import { Effect, Redacted, Schema, SchemaIssue, SchemaTransformation } from "effect"

const fromFile = (file: string): string => {
  const text = readFileSync(file, "utf8").trim()
  if (text === "") throw new Error("it is empty")
  return text
}

const problemOf = (cause: unknown): string => {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined
  if (code === "ENOENT") return "there is no such file"
  if (code === "EACCES") return "this user may not read it"
  return cause instanceof Error ? cause.message : String(cause)
}

/** A text, or `{ file }` with the path of a file whose only line it is; held so that printing it tells nothing. */
export const Secret = Schema.Union([Schema.String, Schema.Struct({ file: Schema.NonEmptyString })]).pipe(
  Schema.decodeTo(
    Schema.Redacted(Schema.String),
    SchemaTransformation.transformEffect<Redacted.Redacted<string>, string | { readonly file: string }>({
      decode: (given, options) =>
        typeof given === "string"
          ? Effect.succeed(Redacted.make(given))
          : Effect.try({
              try: () => Redacted.make(fromFile(given.file)),
              catch: (cause) =>
                new SchemaIssue.InvalidValue(
                  { message: `cannot read the secret in ${given.file}: ${problemOf(cause)}` },
                  given,
                  options
                )
            }),
      encode: (secret, options) =>
        Effect.fail(new SchemaIssue.InvalidValue({ message: "a secret is never written" }, secret, options))
    })
  )
)

/** Reads the text of a variable as the path of a file that holds the secret. */
export const asSecretFile = (text: string): unknown => ({ file: text })
