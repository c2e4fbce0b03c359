// Config decode: from a plain value to a configuration by its schema, or everything that is wrong with it, in words.
import { Result, Schema, SchemaIssue } from "effect"
import type { ConfigProblem } from "./yaml-file.ts"

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
