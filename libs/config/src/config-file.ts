// Config file: a process' configuration from a YAML file with overrides from the environment, or all that is wrong with it.
import { readFile } from "node:fs/promises"
import { Effect, Result, Schema } from "effect"
import { decodeWith, problemText } from "./config-decode.ts"
import { fileProblem } from "./file-problem.ts"
import { type ConfigProblem, readYaml } from "./yaml-file.ts"

/** The configuration cannot be read or is wrong, a line for each problem: its place or variable, its key, what is expected. */
export class ConfigError extends Schema.TaggedError<ConfigError>()("ConfigError", { message: Schema.String }) {}

type Environment = Readonly<Record<string, string | undefined>>

/** Keys from the top of a file, and numbers of entries in its lists. */
export type KeyPath = ReadonlyArray<string | number>

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
export interface Configurable<S extends Schema.ConstraintDecoder<unknown>> {
  readonly schema: S
  readonly keys: EnvironmentKeys
  /** Where a variable's key stands in this file, or why it has no place there; left out, where `keys` says. */
  readonly place?: (path: KeyPath, file: Readonly<Record<string, unknown>>) => KeyPath | { readonly problem: string }
  /** What is wrong with a configuration that decodes. */
  readonly problems?: (config: S["Type"]) => Effect.Effect<ReadonlyArray<ConfigProblem>>
}

/** Reads a configuration from YAML text; variables that are empty count as not set. */
export const readConfig = Effect.fnUntraced(function* <S extends Schema.ConstraintDecoder<unknown>>(
  configurable: Configurable<S>,
  file: { readonly name: string; readonly text: string },
  environment: Environment
) {
  const yaml = readYaml(file.text)
  const given = variablesOf(configurable, yaml.value, environment)
  const lineOf = (problem: ConfigProblem): string => {
    const set = given.set.find(({ path }) => path.every((key, i) => String(problem.path[i]) === String(key)))
    return set === undefined
      ? `${file.name}:${problemText(yaml.locate(problem))}`
      : `${set.variable} ${problemText(problem)}`
  }
  const refusal = (problems: ReadonlyArray<ConfigProblem>) =>
    new ConfigError({ message: [...given.problems, ...problems.map(lineOf)].join("\n") })
  if (yaml.problems.length > 0) return yield* refusal(yaml.problems)
  const decoded = decodeWith(configurable.schema, withVariables(yaml.value, given.set), [])
  if (Result.isFailure(decoded)) return yield* refusal(decoded.failure)
  const problems = yield* configurable.problems?.(decoded.success) ?? Effect.succeed([])
  if (problems.length + given.problems.length > 0) return yield* refusal(problems)
  return decoded.success
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

interface SetVariable {
  readonly variable: string
  readonly path: KeyPath
  readonly value: unknown
}

/** The variables that are set, with where they stand in the file; those that have no place there are problems. */
const variablesOf = <S extends Schema.ConstraintDecoder<unknown>>(
  { keys, place = (path) => path }: Configurable<S>,
  file: unknown,
  environment: Environment
): { readonly set: ReadonlyArray<SetVariable>; readonly problems: ReadonlyArray<string> } => {
  const set: Array<SetVariable> = []
  const problems: Array<string> = []
  if (!isRecord(file)) return { set, problems }
  for (const [variable, path, read] of keys) {
    const text = environment[variable]
    if (!isSet(text)) continue
    const at = place(path, file)
    if ("problem" in at) problems.push(`${variable} ${at.problem}`)
    else set.push({ variable, path: at, value: read(text) })
  }
  return { set, problems }
}

/** The value with what the environment sets; keys that no variable names stay out of its reach. */
const withVariables = (value: unknown, set: ReadonlyArray<SetVariable>): unknown =>
  set.reduce((result, { path, value: one }) => placed(result, path, one), value)

const placed = (target: unknown, [key, ...rest]: KeyPath, value: unknown): unknown => {
  if (key === undefined) return value
  if (Array.isArray(target)) return target.map((entry, i) => (i === key ? placed(entry, rest, value) : entry))
  const within = isRecord(target) ? target : {}
  return { ...within, [key]: placed(within[key], rest, value) }
}
