// The suite vrl: what Vector's parse functions take from texts, where a codec of ours reads the same form.
import type { LogRecord } from "@tailrace/domain/log-record"
import { severityNumberOfSyslog } from "@tailrace/domain/severity"
import type { ParseConfig } from "../../../libs/pipeline/src/parse/parse-config.ts"
import { isoOf, makeStage, recordOf } from "../../../libs/pipeline/src/parse/records-of.ts"
import type { DataFolder } from "../data-folder.ts"
import { compared, type Suite, type Verdict } from "../suite.ts"

type Config = typeof ParseConfig.Encoded
type Arguments = Readonly<Record<string, unknown>>

interface Case {
  readonly id: string
  readonly fn: string
  readonly args?: Arguments
  readonly program?: string
  readonly ok: boolean
  readonly want?: unknown
}

const fileOf = (data: DataFolder): string => `vrl/parse_${data.split}.json`

const text = (value: unknown): string => String(value)

/** How each function's arguments are said here; undefined for arguments that mean something no codec of ours does. */
const configs: Readonly<Record<string, (args: Arguments) => Config | undefined>> = {
  parse_key_value: (args) => ({
    codec: "kv",
    kv: {
      between: text(args.field_delimiter ?? " "),
      assign: text(args.key_value_delimiter ?? "="),
      trim: args.whitespace !== "strict",
      words: args.accept_standalone_key !== false
    }
  }),
  parse_logfmt: () => ({ codec: "logfmt" }),
  parse_csv: (args) => ({ codec: "csv", csv: { separator: text(args.delimiter ?? ","), columns: [] } }),
  parse_xml: ({ value: _, ...args }) =>
    "include_attr" in args || "always_use_text_key" in args || "trim" in args || "attr_prefix" in args
      ? undefined
      : { codec: "xml", xml: { nameAttribute: "" } },
  parse_json: (args) => ("max_depth" in args || "lossy" in args ? undefined : { codec: "json" }),
  parse_cef: (args) => (args.translate_custom_fields === true ? undefined : { codec: "cef" }),
  parse_grok: (args) => ({ codec: "grok", grok: { patterns: [text(args.pattern)] } }),
  parse_groks: (args) =>
    !Array.isArray(args.patterns)
      ? undefined
      : {
          codec: "grok",
          grok: {
            patterns: args.patterns as ReadonlyArray<string>,
            definitions: (args.aliases ?? {}) as Record<string, string>
          }
        },
  parse_regex: (args) =>
    "numeric_groups" in args ? undefined : { codec: "regex", regex: { patterns: [text(args.pattern)] } },
  parse_nginx_log: () => ({ codec: "auto" }),
  parse_apache_log: () => ({ codec: "auto" }),
  parse_common_log: () => ({ codec: "auto" }),
  parse_aws_alb_log: () => ({ codec: "alb" }),
  parse_glog: () => ({ codec: "auto" }),
  parse_klog: () => ({ codec: "auto" }),
  parse_syslog: () => ({ codec: "syslog" })
}

export const vrl: Suite = {
  name: "vrl",
  asks: `Values that ${Object.keys(configs).length} of Vector's parse functions take are found in the record; what they refuse is kept whole. Arguments that no codec has are left out.`,
  wanted: 95,
  needs: (data) => [fileOf(data)],
  run: async (data) => data.json<ReadonlyArray<Case>>(fileOf(data)).flatMap(verdictsOf)
}

const verdictsOf = (one: Case): ReadonlyArray<Verdict> => {
  const args = one.args ?? argumentsOf(one.program ?? "", one.fn)
  if (args === undefined || typeof args.value !== "string" || args.value.trim() === "") return []
  const config = configs[one.fn]?.(args)
  if (config === undefined) return []
  const input = args.value
  let record: LogRecord
  try {
    record = recordOf(input, { layout: "single" }, makeStage(config))
  } catch (problem) {
    // A configuration that is refused is right where the function refuses its arguments.
    return [
      compared(one.id, one.fn, [
        ["refused", !one.ok, true],
        ...(one.ok ? [["problem", "", text(problem)] as const] : [])
      ])
    ]
  }
  // A refusal because of the format that is named does not concern a codec that takes several.
  if (!one.ok && config.codec === "auto" && "format" in args && record.parsed) return []
  if (!one.ok) return [compared(one.id, one.fn, [["kept whole", true, isKept(record, input)]])]
  const seen = valuesOf(record)
  const missing = leavesOf(wantedOf(one)).filter((leaf) => !seen.has(leaf) && !seen.has(timeIn(leaf)))
  return [compared(one.id, one.fn, [["missing", "", missing.join(" | ")]])]
}

/** What is compared: the version of syslog's form is no value of a message. */
const wantedOf = ({ fn, want }: Case): unknown => {
  if (fn !== "parse_syslog") return want
  const { version: _, ...fields } = want as Readonly<Record<string, unknown>>
  return fields
}

/** The time that a text tells, for fields that are a text there and the record's time here. */
const timeIn = (leaf: string): string =>
  /\d\d:\d\d.*\d{4}$/.test(leaf) && !Number.isNaN(Date.parse(leaf)) ? timeText(leaf) : "no time"

const isKept = (record: LogRecord, input: string): boolean =>
  record.body === input || record.attributes["log.original"] === input

/** The arguments of a program that is one call with literals; undefined when it is more. */
const argumentsOf = (program: string, fn: string): Arguments | undefined => {
  const literal = String.raw`(?:s'((?:[^'\\]|\\.)*)'|r'([^']*)'|"((?:[^"\\]|\\.)*)")`
  const call = new RegExp(String.raw`^\s*${fn}!?\(\s*${literal}`).exec(program)
  if (call === null) return undefined
  const rest = program.slice(call[0].length)
  const args: Record<string, unknown> = { value: literalOf(call[1], call[2], call[3]) }
  for (const [, name = "", raw, regex, quoted, word] of rest.matchAll(
    new RegExp(String.raw`(\w+):\s*(?:${literal}|(true|false|\d+))`, "g")
  ))
    args[name] = word === undefined ? literalOf(raw, regex, quoted) : ({ true: true, false: false }[word] ?? word)
  const second = new RegExp(String.raw`^,\s*${literal}`).exec(rest)
  if (second !== null) args.pattern = literalOf(second[1], second[2], second[3])
  return args
}

/** The text of a literal: raw ones know the backslash before a quote and itself only. */
const literalOf = (raw: string | undefined, regex: string | undefined, quoted: string | undefined): string => {
  if (regex !== undefined) return regex
  if (raw !== undefined) return raw.replaceAll(/\\(['\\])/g, "$1")
  return (quoted ?? "").replaceAll(/\\(.)/g, (_, letter: string) =>
    letter === "n" ? "\n" : letter === "t" ? "\t" : letter
  )
}

/** What is wanted as texts: numbers as they are written shortest, times without their year where none was sent. */
const leavesOf = (want: unknown): ReadonlyArray<string> => {
  if (want === null || want === undefined || want === true || want === "" || want === "-") return []
  if (Array.isArray(want)) return want.flatMap(leavesOf)
  if (typeof want !== "object") return [normal(text(want))]
  const stamp = (want as { readonly $ts?: string }).$ts
  if (stamp !== undefined) return [stamp.startsWith("YYYY") ? stamp.slice(5, 19) : timeText(stamp)]
  return Object.values(want).flatMap(leavesOf)
}

const timeText = (stamp: string): string => `time ${new Date(stamp).toISOString()}`

const normal = (value: string): string => {
  if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) return timeText(value)
  return /^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(value) ? text(Number(value)) : value
}

const syslogSeverities = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"].map(
  (name, code) => [name, code] as const
)

/** All values of a record, whatever their names: texts of lists and of JSON inside, halves of a request, and the columns. */
const valuesOf = (record: LogRecord): ReadonlySet<string> => {
  const time = isoOf(record.timestamp)
  const seen = new Set<string>([timeText(`${time.slice(0, 23)}Z`), time.slice(5, 19)])
  const add = (value: string): void => {
    seen.add(value)
    seen.add(value.trim())
    seen.add(normal(value.trim()))
    seen.add(value.toLowerCase())
    // A file and its line, an address and its port are one field here.
    const [, place, number] = /^(.+):(\d+)$/.exec(value) ?? []
    if (place !== undefined && number !== undefined) seen.add(place).add(normal(number))
    if (/^[[{]/.test(value)) {
      try {
        for (const leaf of leavesOf(JSON.parse(value))) seen.add(leaf)
      } catch {
        // A text that only begins like JSON is a text.
      }
    }
  }
  for (const value of [record.body, record.service, record.host, record.severity]) add(value)
  for (const value of Object.values(record.attributes)) add(value)
  // nginx's message has its fields behind it.
  for (const end of record.body.matchAll(/, (?:client|excess): |$/g))
    add(record.body.slice(0, end.index).replace(/^\d+#\d+: (?:\*\d+ )?/, ""))
  // One field there may be several here: a request of three, and syslog's eight severities in the number.
  const { "http.method": method, "http.path": path, "http.version": version } = record.attributes
  if (version !== undefined) add(`HTTP/${version}`)
  if (method !== undefined) add(`${method} ${path} HTTP/${version}`)
  for (const [name, code] of syslogSeverities) if (severityNumberOfSyslog(code) === record.severityNumber) add(name)
  return seen
}
