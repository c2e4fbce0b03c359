// Fields: the names that always work, their aliases and columns; any other name is an attribute path.

/**
 * - keyword: a column of short texts, compared whole; - text: the body, searched by token; - number; - time: nanoseconds;
 * - flag: true or false; - attribute and resource: a key of the map column.
 * A field whose text is empty counts as missing.
 */
export type FieldTarget =
  | { readonly kind: "keyword"; readonly column: "service" | "host" | "source" | "tenant" | "trace_id" | "span_id" }
  | { readonly kind: "severity"; readonly column: "severity" }
  | { readonly kind: "text"; readonly column: "body" }
  | { readonly kind: "number"; readonly column: "severity_number" }
  | { readonly kind: "time"; readonly column: "timestamp" }
  | { readonly kind: "flag"; readonly column: "parsed" }
  | { readonly kind: "attribute"; readonly key: string }
  | { readonly kind: "resource"; readonly key: string }

export interface WellKnownField {
  readonly name: string
  readonly target: FieldTarget
  readonly aliases: ReadonlyArray<string>
  readonly summary: string
}

export const wellKnownFields: ReadonlyArray<WellKnownField> = [
  {
    name: "timestamp",
    target: { kind: "time", column: "timestamp" },
    aliases: ["@timestamp", "ts", "time"],
    summary: "When the record was made."
  },
  {
    name: "severity",
    target: { kind: "severity", column: "severity" },
    aliases: ["level", "lvl", "severity_text", "loglevel", "log.level"],
    summary: "TRACE, DEBUG, INFO, WARN, ERROR or FATAL; ordered, so severity >= WARN works."
  },
  {
    name: "severity_number",
    target: { kind: "number", column: "severity_number" },
    aliases: ["severitynumber"],
    summary: "OpenTelemetry severity number 1..24, 0 for none."
  },
  {
    name: "service",
    target: { kind: "keyword", column: "service" },
    aliases: ["svc", "service.name"],
    summary: "The service that wrote it."
  },
  {
    name: "host",
    target: { kind: "keyword", column: "host" },
    aliases: ["hostname", "host.name"],
    summary: "The machine it was written on."
  },
  {
    name: "source",
    target: { kind: "keyword", column: "source" },
    aliases: [],
    summary: "The source that brought it."
  },
  { name: "tenant", target: { kind: "keyword", column: "tenant" }, aliases: [], summary: "The tenant it belongs to." },
  {
    name: "trace_id",
    target: { kind: "keyword", column: "trace_id" },
    aliases: ["traceid", "trace.id", "trace"],
    summary: "Trace identity, hexadecimal."
  },
  {
    name: "span_id",
    target: { kind: "keyword", column: "span_id" },
    aliases: ["spanid", "span.id", "span"],
    summary: "Span identity, hexadecimal."
  },
  {
    name: "body",
    target: { kind: "text", column: "body" },
    aliases: ["message", "msg"],
    summary: "The message, searched by token."
  },
  {
    name: "parsed",
    target: { kind: "flag", column: "parsed" },
    aliases: [],
    summary: "Whether a codec understood the message."
  }
]

const byName = new Map<string, FieldTarget>(
  wellKnownFields.flatMap((field) => [field.name, ...field.aliases].map((name) => [name, field.target] as const))
)

/** What a field name means. Well-known names in any case; `attributes.x` and `resource.x` name the maps outright. */
export const targetOf = (name: string): FieldTarget => {
  const known = byName.get(name.toLowerCase())
  if (known !== undefined) return known
  if (/^attributes?\../.test(name)) return { kind: "attribute", key: name.slice(name.indexOf(".") + 1) }
  if (/^resource\../.test(name)) return { kind: "resource", key: name.slice("resource.".length) }
  return { kind: "attribute", key: name }
}

/** A well-known name close to a name that is none (one edit, or two in long names), for a hint. */
export const nearestField = (name: string): string | undefined => {
  const lower = name.toLowerCase()
  if (byName.has(lower) || lower.includes(".") || lower.length < 3) return undefined
  const remembered = nearestNames.get(lower)
  if (remembered !== undefined) return remembered === "" ? undefined : remembered
  let best: string | undefined
  let least = lower.length >= 6 ? 3 : 2
  for (const known of byName.keys()) {
    if (known.length < 3 || Math.abs(known.length - lower.length) >= least) continue
    const distance = editDistance(lower, known)
    if (distance < least) {
      least = distance
      best = known
    }
  }
  if (nearestNames.size >= 1_000) nearestNames.clear()
  nearestNames.set(lower, best ?? "")
  return best
}

// The same attributes are asked for over and over; "" means that no name is near.
const nearestNames = new Map<string, string>()

/** Edits (insert, delete, replace, swap of neighbours) between two texts: the optimal string alignment distance. */
const editDistance = (a: string, b: string): number => {
  let before: Array<number> = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1)
      row[j] = least
    }
    before = last
    last = row
  }
  return last[b.length] ?? 0
}
