// ConfigFile: the collector's configuration from a YAML file with overrides from the environment, or all that is wrong with it.
import { Effect, Result, Schema, SchemaIssue } from "effect"
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml"
import { CollectorConfig } from "./config.ts"
import { CollectorError } from "./refusal.ts"

type Environment = Readonly<Record<string, string | undefined>>

const text = (value: string): unknown => value
const list = (value: string): unknown => value.split(",").map((one) => one.trim())
const paths = (value: string): unknown => value.split(",").map((one) => ({ path: one.trim() }))
const number = (value: string): unknown => (/^\d+$/.test(value) ? Number(value) : value)
const flag = (value: string): unknown => (value === "true" ? true : value === "false" ? false : value)

/** Variables that win over the file, and the keys they set. */
export const environmentKeys: ReadonlyArray<readonly [string, ReadonlyArray<string>, (value: string) => unknown]> = [
  ["TAILRACE_NATS_URL", ["nats", "servers"], list],
  ["TAILRACE_NATS_TOKEN", ["nats", "token"], text],
  ["TAILRACE_NATS_USER", ["nats", "user"], text],
  ["TAILRACE_NATS_PASSWORD", ["nats", "password"], text],
  ["TAILRACE_TENANT", ["tenant"], text],
  ["TAILRACE_COLLECTOR_DATA", ["data"], text],
  ["TAILRACE_HTTP_HOST", ["http", "host"], text],
  ["TAILRACE_HTTP_PORT", ["http", "port"], number],
  ["TAILRACE_SYSLOG_HOST", ["syslog", "host"], text],
  ["TAILRACE_SYSLOG_PORT", ["syslog", "port"], number],
  ["TAILRACE_FILES", ["files"], paths],
  ["TAILRACE_STDIN", ["stdin"], flag]
]

/** Fails with a line for everything that is wrong: place in the file, key, and what is expected. */
export const readConfig = (
  file: { readonly name: string; readonly text: string },
  environment: Environment
): Effect.Effect<CollectorConfig, CollectorError> =>
  Effect.suspend(() => {
    const lines = new LineCounter()
    const document = parseDocument(file.text, { lineCounter: lines, prettyErrors: false })
    const at = (offset: number): string => {
      const { col, line } = lines.linePos(offset)
      return `${file.name}:${line}:${col}`
    }
    if (document.errors.length > 0) {
      return fail(document.errors.map((error) => `${at(error.pos[0])} ${error.message}`))
    }
    let value: unknown
    try {
      value = document.toJS({ maxAliasCount: 100 }) ?? {}
    } catch (cause) {
      return fail([`${file.name}: aliases cannot be followed: ${cause}`])
    }
    const set = override(value, environment)
    const decoded = Schema.decodeUnknownResult(CollectorConfig, { errors: "all", onExcessProperty: "error" })(value)
    if (Result.isSuccess(decoded)) return Effect.succeed(decoded.success)
    return fail(
      formatIssue(decoded.failure.issue).issues.map((issue) => {
        const path = (issue.path ?? []).map(keyOf)
        const variable = set.get(path.slice(0, 2).join(".")) ?? set.get(path.slice(0, 1).join("."))
        const place = variable ?? at(nearest(document.contents, path)?.range?.[0] ?? 0)
        return `${place} ${path.join(".")}: ${issue.message.slice(0, 1).toLowerCase()}${issue.message.slice(1)}`
      })
    )
  })

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1()

const fail = (problems: ReadonlyArray<string>) => Effect.fail(new CollectorError({ message: problems.join("\n") }))

/** Puts the environment's values into `value`; answers which variable set which key. */
const override = (value: unknown, environment: Environment): Map<string, string> => {
  const set = new Map<string, string>()
  if (!isRecord(value)) return set
  for (const [variable, path, read] of environmentKeys) {
    const given = environment[variable]
    if (given === undefined || given === "") continue
    let target = value
    for (const key of path.slice(0, -1)) {
      const inner = target[key]
      const entered = isRecord(inner) ? inner : {}
      target[key] = entered
      target = entered
    }
    target[path[path.length - 1]] = read(given)
    set.set(path.join("."), variable)
  }
  return set
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const keyOf = (key: PropertyKey | { readonly key: PropertyKey }): string =>
  String(typeof key === "object" ? key.key : key)

/** The value a path leads to, or the nearest one above it that exists. */
const nearest = (root: Node | null, path: ReadonlyArray<string>): Node | null => {
  let node = root
  for (const key of path) {
    const next: unknown = isMap(node)
      ? node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key)?.value
      : isSeq(node)
        ? node.items[Number(key)]
        : undefined
    if (next === null || next === undefined) return node
    node = next as Node
  }
  return node
}
