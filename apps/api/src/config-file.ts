// Config file: the api's configuration from YAML text with overrides from the environment, or all that is wrong with it.
import { Effect, Result, Schema, SchemaIssue } from "effect"
import { LineCounter, parseDocument } from "yaml"
import { ApiConfig } from "./config.ts"

/** The configuration is wrong, a line for each problem: the file's name, the key, and what is expected. */
export class ConfigError extends Schema.TaggedError<ConfigError>()("ConfigError", { message: Schema.String }) {}

type Environment = Readonly<Record<string, string | undefined>>

const text = (value: string): unknown => value
const list = (value: string): unknown => value.split(",").map((one) => one.trim())
const number = (value: string): unknown => (/^\d+$/.test(value) ? Number(value) : value)
const flag = (value: string): unknown => (value === "true" ? true : value === "false" ? false : value)

/** Variables that win over the file, the keys they set, and how they are read. */
export const environmentKeys: ReadonlyArray<readonly [string, ReadonlyArray<string>, (value: string) => unknown]> = [
  ["TAILRACE_API_HOST", ["host"], text],
  ["TAILRACE_API_PORT", ["port"], number],
  ["TAILRACE_API_ORIGINS", ["origins"], list],
  ["TAILRACE_API_INTROSPECTION", ["introspection"], flag],
  ["TAILRACE_NATS_URL", ["nats", "servers"], list],
  ["TAILRACE_NATS_TOKEN", ["nats", "token"], text],
  ["TAILRACE_NATS_USER", ["nats", "user"], text],
  ["TAILRACE_NATS_PASSWORD", ["nats", "password"], text],
  ["TAILRACE_STORE_URL", ["store", "url"], text],
  ["TAILRACE_STORE_DATABASE", ["store", "database"], text],
  ["TAILRACE_STORE_USERNAME", ["store", "username"], text],
  ["TAILRACE_STORE_PASSWORD", ["store", "password"], text]
]

export const readConfig = (
  file: { readonly name: string; readonly text: string },
  environment: Environment
): Effect.Effect<ApiConfig, ConfigError> =>
  Effect.suspend(() => {
    const lines = new LineCounter()
    const document = parseDocument(file.text, { lineCounter: lines, prettyErrors: false })
    if (document.errors.length > 0) {
      return fail(
        document.errors.map((error) => {
          const { col, line } = lines.linePos(error.pos[0])
          return `${file.name}:${line}:${col} ${error.message}`
        })
      )
    }
    const value: unknown = document.toJS({ maxAliasCount: 0 }) ?? {}
    const decoded = Schema.decodeUnknownResult(ApiConfig, { errors: "all", onExcessProperty: "error" })(
      withEnvironment(value, environment)
    )
    if (Result.isSuccess(decoded)) return Effect.succeed(decoded.success)
    return fail(
      formatIssue(decoded.failure.issue).issues.map((issue) => {
        const path = (issue.path ?? []).map((key) => String(typeof key === "object" ? key.key : key))
        const variable = environmentKeys.find(
          ([name, keys]) => isSet(environment[name]) && keys.every((key, i) => path[i] === key)
        )
        const message = `${issue.message.slice(0, 1).toLowerCase()}${issue.message.slice(1)}`
        return `${variable?.[0] ?? file.name}: ${path.join(".")}: ${message}`
      })
    )
  })

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1()

const fail = (problems: ReadonlyArray<string>) => Effect.fail(new ConfigError({ message: problems.join("\n") }))

const isSet = (value: string | undefined): value is string => value !== undefined && value !== ""

const withEnvironment = (value: unknown, environment: Environment): unknown => {
  if (!isRecord(value)) return value
  const result: Record<string, unknown> = { ...value }
  for (const [variable, [first, second], read] of environmentKeys) {
    const given = environment[variable]
    if (!isSet(given) || first === undefined) continue
    const inner = result[first]
    result[first] = second === undefined ? read(given) : { ...(isRecord(inner) ? inner : {}), [second]: read(given) }
  }
  return result
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
