// FieldTarget: where in a batch a field named in configuration lies; names mean what they mean in a query.
import { targetOf as queryTargetOf } from "@tailrace/query/fields"

export type FieldTarget =
  | { readonly kind: "dictionary"; readonly column: "severity" | "service" | "host" | "source" | "tenant" }
  | { readonly kind: "text"; readonly column: "body" | "traceId" | "spanId" }
  | { readonly kind: "number"; readonly column: "timestamp" | "severityNumber" | "parsed" }
  | { readonly kind: "pair"; readonly list: "attributes" | "resource"; readonly key: string }

/** The place of a field: a well-known name or alias, `resource.<key>`, or else the attribute of that name. */
export const targetOf = (name: string): FieldTarget => {
  const target = queryTargetOf(name)
  switch (target.kind) {
    case "keyword":
      if (target.column === "trace_id") return { kind: "text", column: "traceId" }
      if (target.column === "span_id") return { kind: "text", column: "spanId" }
      return { kind: "dictionary", column: target.column }
    case "severity":
      return { kind: "dictionary", column: "severity" }
    case "text":
      return { kind: "text", column: "body" }
    case "number":
      return { kind: "number", column: "severityNumber" }
    case "time":
      return { kind: "number", column: "timestamp" }
    case "flag":
      return { kind: "number", column: "parsed" }
    case "attribute":
      return { kind: "pair", list: "attributes", key: target.key }
    case "resource":
      return { kind: "pair", list: "resource", key: target.key }
  }
}
