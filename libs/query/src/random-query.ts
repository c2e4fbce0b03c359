// Random query: seeded queries and records full of edge cases, for the differential test and the fuzzers.

export type Random = () => number

const words = [
  "timeout",
  "Connection",
  "reset",
  "İstanbul",
  "STRASSE",
  "straße",
  "größe",
  "ΣΑΣ",
  "日本",
  "✓",
  "k",
  "K",
  "api",
  "payment",
  "a_b",
  "10",
  "500",
  "3.5",
  "x=1",
  "it's"
]
const separators = [
  " ",
  " ",
  " ",
  "-",
  "_",
  ".",
  ":",
  "/",
  "\n",
  "\t",
  "(",
  '"',
  "'",
  "\\",
  "%",
  "*",
  "?",
  "\u0000",
  "e\u0301",
  "🎉"
]
const fieldNames = [
  "service",
  "host",
  "level",
  "severity",
  "trace_id",
  "body",
  "source",
  "status",
  "duration_ms",
  "user",
  "a.b.c",
  "q`u",
  'q"q',
  "ключ",
  "resource.zone",
  "attributes.status"
]
const severities = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", ""]

const pick = <A>(random: Random, list: ReadonlyArray<A>): A => list[Math.floor(random() * list.length)] as A

/** A text of up to `most` words joined by separators of every kind. */
const randomText = (random: Random, most: number): string => {
  let text = random() < 0.1 ? pick(random, separators) : ""
  for (let i = Math.floor(random() * (most + 1)); i > 0; i--)
    text += pick(random, words) + (i > 1 ? pick(random, separators) : "")
  return random() < 0.2 ? text.toUpperCase() : text
}

const numbers = [
  "0",
  "1",
  "500",
  "500.0",
  "-3",
  "3.5",
  "1e3",
  "1E-2",
  " 5",
  "5 ",
  "+5",
  "0x10",
  "inf",
  "nan",
  "00012",
  "1e400",
  ".5",
  "9007199254740993",
  "9007199254740992",
  "123456789012345678901234567890",
  "0.1234567890123456789",
  "123456789.123456",
  "-0.000",
  "1.7976931348623157e99",
  "5.",
  "1_000"
]

export interface RandomRecord {
  readonly severityNumber: number
  readonly severity: string
  readonly service: string
  readonly host: string
  readonly source: string
  readonly traceId: string
  readonly body: string
  readonly parsed: boolean
  readonly timestamp: bigint
  readonly attributes: Readonly<Record<string, string>>
  readonly resource: Readonly<Record<string, string>>
}

export const randomRecord = (random: Random): RandomRecord => {
  const severity = pick(random, severities)
  const attributes: Record<string, string> = {}
  for (const key of ["status", "duration_ms", "user", "a.b.c", "q`u", 'q"q', "ключ"]) {
    if (random() < 0.6) attributes[key] = random() < 0.5 ? pick(random, numbers) : randomText(random, 2)
  }
  return {
    severity,
    severityNumber: severity === "" ? 0 : severities.indexOf(severity) * 4 + 1 + Math.floor(random() * 4),
    service: randomText(random, 1),
    host: randomText(random, 1),
    source: pick(random, ["app", "nginx", ""]),
    traceId: random() < 0.5 ? "" : "0af7651916cd43dd8448eb211c80319c",
    body: randomText(random, 8),
    parsed: random() < 0.8,
    timestamp:
      BigInt(Math.floor(1_790_000_000_000 + random() * 1e9)) * 1_000_000n + BigInt(Math.floor(random() * 1_000_000)),
    attributes,
    resource: random() < 0.5 ? { zone: randomText(random, 1) } : {}
  }
}

const quoted = (random: Random, text: string): string => {
  const quote = random() < 0.5 ? '"' : "'"
  return quote + text.replace(/["'\\]/g, "\\$&") + quote
}

const literal = (random: Random): string => {
  const roll = random()
  if (roll < 0.25)
    return pick(
      random,
      numbers.filter((number) => !number.includes(" "))
    )
  if (roll < 0.5) return pick(random, words)
  if (roll < 0.6) return `${pick(random, words).slice(0, 3)}*`
  if (roll < 0.65) return `*${pick(random, words).slice(-3)}`
  if (roll < 0.7) return `*${pick(random, words).slice(1, 3)}*`
  if (roll < 0.75) return `${pick(random, words).slice(0, 2)}?*${pick(random, words).slice(-1)}`
  if (roll < 0.8) return pick(random, ["warn", "ERROR", "warning", "info", "1.5s", "2kb", "a\\*b"])
  return quoted(random, randomText(random, 2))
}

const field = (random: Random): string => {
  const name = pick(random, fieldNames)
  return /[`"]/.test(name) || random() < 0.1 ? `\`${name.replace(/[`\\]/g, "\\$&")}\`` : name
}

const predicate = (random: Random): string => {
  const name = field(random)
  switch (Math.floor(random() * 14)) {
    case 0:
    case 1:
      return `${name}:${literal(random)}`
    case 2:
      return `${name} ${pick(random, ["=", "!=", ">", ">=", "<", "<=", "<>"])} ${literal(random)}`
    case 3:
      return `${name}:${pick(random, [">", ">=", "<", "<="])}${literal(random)}`
    case 4:
      return `${name} ${random() < 0.3 ? "NOT " : ""}IN (${literal(random)}, ${literal(random)}, ${literal(random)})`
    case 5:
      return `${name} ${random() < 0.3 ? "NOT " : ""}${pick(random, ["LIKE", "ILIKE"])} ${quoted(random, pick(random, ["%time%", "a%", "%_b", "%set", "%\\%%", "_____", "%größe%", "İ%", "%\n%", "%\\_%", "%\\\\%", "%\0%", "%🎉%", "%"]))}`
    case 6:
      return `${name}:${pick(random, ["[", "{"])}${pick(random, ["*", "1", "3.5", "a", "INFO"])} TO ${pick(random, ["*", "500", "1e3", "z", "ERROR"])}${pick(random, ["]", "}"])}`
    case 7:
      return `${name} =~ ${quoted(random, pick(random, ["^a", "t.m", "[0-9]+$", "(?i)CONNECTION", "reset.+", "^(a+)+$", "\\\\d{3}", "ü|ß", ".", "a$", "^.{1,4}$", "(?i)k", "(?i)STRASSE|straße", "[^\\x00-\\x7f]", "\\w+\\s\\w+", "\\bapi\\b", "\\pL{4}", "(?-s)e.t", "(?m)^t", "\\Q.\\E", "\0", "", "x*", "(?i)σ"]))}`
    case 8:
      return pick(random, [`${name} EXISTS`, `${name} IS NULL`, `${name} IS NOT NULL`, `${name}:*`, `EXISTS(${name})`])
    case 9:
      return `${name}:(${literal(random)} ${pick(random, ["OR", "AND", ","])} ${literal(random)})`
    case 10:
      return pick(random, [
        "time:3d",
        "time:[2026-09-21 TO now-1h]",
        "time:{* TO 2026-09-28T10:00Z}",
        "time:day_range[09:00,17:00) Europe/Berlin",
        "time:day_range[22:00,06:00] America/New_York",
        "time:week_range[Sat,Mon] Asia/Kolkata",
        "time:business_hours",
        "timestamp >= 2026-09-25",
        "parsed:true",
        "parsed = 0",
        "severity_number > 8",
        "severity_number < 5",
        "severity <= 12",
        "level:17",
        `level ${pick(random, ["=", ">", ">=", "<", "<="])} ${pick(random, ["warn", "ERROR", "critical", "nonsense"])}`,
        "timestamp:[now-5d TO now-1d]",
        "time >= now-4d",
        "timestamp:2026-09-25",
        "trace_id:0AF7651916CD43DD8448EB211C80319C"
      ])
    case 11:
      return `${name} BETWEEN ${literal(random)} AND ${literal(random)}`
    default:
      return literal(random)
  }
}

/** A query of nested conditions; most of them valid. */
export const randomQuery = (random: Random, depth = 3): string => {
  const roll = random()
  if (depth === 0 || roll < 0.45) return predicate(random)
  if (roll < 0.55) return `NOT ${randomQuery(random, depth - 1)}`
  if (roll < 0.65) return `(${randomQuery(random, depth - 1)})`
  return `${randomQuery(random, depth - 1)} ${pick(random, ["AND", "OR", "", "&&", "||"])} ${randomQuery(random, depth - 1)}`
}

/** A query of the columns that have an index: the body, trace identities and attribute values. */
export const randomIndexedQuery = (random: Random): string => {
  const text = randomText(random, 3)
  const middle = text.slice(Math.floor(random() * 3), text.length - Math.floor(random() * 3))
  const like = `${random() < 0.7 ? "%" : ""}${middle.replace(/[\\%_]/g, "\\$&")}${random() < 0.7 ? "%" : ""}`
  const regex = middle.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
  return pick(random, [
    () => quoted(random, text),
    () => quoted(random, middle),
    () => literal(random),
    () => `${pick(random, words)}*${pick(random, words)}`,
    () => `${pick(random, words).slice(0, 4)}* AND *${pick(random, words).slice(-4)}`,
    () => `body ${pick(random, ["LIKE", "ILIKE"])} ${quoted(random, like)}`,
    () =>
      `body =~ ${quoted(random, pick(random, [regex, `${regex}.*`, `(?:${regex}|zz)x?`, `^${regex}`, `(?i)${regex}`]))}`,
    () => `body ${pick(random, ["=", "!="])} ${quoted(random, text)}`,
    () =>
      `${pick(random, ["user", "status", "a.b.c"])} ${pick(random, ["=", "!=", ":", "=~"])} ${quoted(random, text)}`,
    () => `user IN (${quoted(random, text)}, ${literal(random)})`,
    () =>
      `trace_id ${pick(random, [":", "=", "!="])} ${pick(random, ["0af7651916cd43dd8448eb211c80319c", "0AF7651916CD43DD8448EB211C80319C", "x"])}`
  ])()
}
