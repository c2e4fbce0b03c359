// FieldTarget: where in a batch a field named in configuration lies.

export type FieldTarget =
  | { readonly kind: "dictionary"; readonly column: "severity" | "service" | "host" | "source" | "tenant" }
  | { readonly kind: "text"; readonly column: "body" | "traceId" | "spanId" }
  | { readonly kind: "number"; readonly column: "timestamp" | "severityNumber" }
  | { readonly kind: "pair"; readonly list: "attributes" | "resource"; readonly key: string }

const wellKnown: Readonly<Record<string, FieldTarget>> = {
  severity: { kind: "dictionary", column: "severity" },
  service: { kind: "dictionary", column: "service" },
  host: { kind: "dictionary", column: "host" },
  source: { kind: "dictionary", column: "source" },
  tenant: { kind: "dictionary", column: "tenant" },
  body: { kind: "text", column: "body" },
  trace_id: { kind: "text", column: "traceId" },
  span_id: { kind: "text", column: "spanId" },
  timestamp: { kind: "number", column: "timestamp" },
  severity_number: { kind: "number", column: "severityNumber" }
}

const aliases: Readonly<Record<string, string>> = {
  level: "severity",
  lvl: "severity",
  severity_text: "severity",
  svc: "service",
  message: "body",
  msg: "body"
}

/**
 * The place of a field: a well-known name or alias, `resource.<key>` for a resource attribute, `attributes.<key>` for an
 * attribute whose name would read as one of those, and any other name for the attribute of that name.
 */
export const targetOf = (name: string): FieldTarget => {
  const canonical = Object.hasOwn(aliases, name) ? (aliases[name] as string) : name
  if (Object.hasOwn(wellKnown, canonical)) return wellKnown[canonical] as FieldTarget
  if (name.startsWith("attributes.")) return { kind: "pair", list: "attributes", key: name.slice(11) }
  if (name.startsWith("resource.")) return { kind: "pair", list: "resource", key: name.slice(9) }
  return { kind: "pair", list: "attributes", key: name }
}
