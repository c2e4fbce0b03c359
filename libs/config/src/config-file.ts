// Config file: a process' configuration from a YAML file with overrides from the environment, or all that is wrong with it.
import { readFile } from "node:fs/promises"
import { Effect, Result, Schema } from "effect"
import { decodeWith, problemText } from "./config-decode.ts"
import { fileProblem } from "./file-problem.ts"
import { readYaml } from "./yaml-file.ts"

/** The configuration cannot be read or is wrong, a line for each problem: its place or variable, its key, what is expected. */
export class ConfigError extends Schema.TaggedError<ConfigError>()("ConfigError", { message: Schema.String }) {}

type Environment = Readonly<Record<string, string | undefined>>

/** Variables that win over the file, the keys they set, and how their text is read. */
export type EnvironmentKeys = ReadonlyArray<
  readonly [variable: string, path: ReadonlyArray<string>, read: (text: string) => unknown]
>

export const asText = (text: string): unknown => text
export const asList = (text: string): unknown => text.split(",").map((one) => one.trim())
/** What is no number stays a text, which the schema then refuses by name. */
export const asNumber = (text: string): unknown => (/^\d+$/.test(text) ? Number(text) : text)
export const asFlag = (text: string): unknown => (text === "true" ? true : text === "false" ? false : text)

/** What a process may be told: the schema of its file, and the variables of the environment. */
export interface Configurable<S> {
  readonly schema: S
  readonly keys: EnvironmentKeys
}

/** Reads a configuration from YAML text; variables that are empty count as not set. */
export const readConfig = <S extends Schema.ConstraintDecoder<unknown>>(
  { keys, schema }: Configurable<S>,
  file: { readonly name: string; readonly text: string },
  environment: Environment
): Effect.Effect<S["Type"], ConfigError> =>
  Effect.suspend(() => {
    const yaml = readYaml(file.text)
    const decoded =
      yaml.problems.length > 0
        ? Result.fail(yaml.problems)
        : decodeWith(schema, withEnvironment(yaml.value, keys, environment), [])
    if (Result.isSuccess(decoded)) return Effect.succeed(decoded.success)
    const lines = decoded.failure.map((problem) => {
      const set = keys.find(
        ([variable, path]) => isSet(environment[variable]) && path.every((key, i) => String(problem.path[i]) === key)
      )
      return set === undefined
        ? `${file.name}:${problemText(yaml.locate(problem))}`
        : `${set[0]} ${problemText(problem)}`
    })
    return Effect.fail(new ConfigError({ message: lines.join("\n") }))
  })

/** Reads a configuration from a file; without one, from the defaults and the environment. */
export const loadConfig = <S extends Schema.ConstraintDecoder<unknown>>(
  configurable: Configurable<S>,
  path: string | undefined,
  environment: Environment
): Effect.Effect<S["Type"], ConfigError> =>
  path === undefined
    ? readConfig(configurable, { name: "configuration", text: "" }, environment)
    : Effect.tryPromise({
        try: () => readFile(path, "utf8"),
        catch: (cause) => new ConfigError({ message: `cannot read the configuration ${path}: ${fileProblem(cause)}` })
      }).pipe(Effect.flatMap((text) => readConfig(configurable, { name: path, text }, environment)))

const isSet = (value: string | undefined): value is string => value !== undefined && value !== ""

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The value with what the environment sets; keys that no variable names stay out of its reach. */
const withEnvironment = (value: unknown, keys: EnvironmentKeys, environment: Environment): unknown => {
  if (!isRecord(value)) return value
  let result = value
  for (const [variable, path, read] of keys) {
    const text = environment[variable]
    if (isSet(text)) result = placed(result, path, read(text))
  }
  return result
}

const placed = (
  target: Record<string, unknown>,
  path: ReadonlyArray<string>,
  value: unknown
): Record<string, unknown> => {
  const [key, ...rest] = path as [string, ...Array<string>]
  const inner = target[key]
  return { ...target, [key]: rest.length === 0 ? value : placed(isRecord(inner) ? inner : {}, rest, value) }
}
