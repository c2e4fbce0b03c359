// Diagnostic: what is wrong with a query, where, and how to mend it. The same object feeds squiggle, API and caret.
import type { Span } from "./ast.ts"

export type DiagnosticCode =
  | "missing_operand"
  | "missing_value"
  | "unclosed_paren"
  | "unclosed_string"
  | "stray_paren"
  | "empty_group"
  | "empty_list"
  | "bad_range"
  | "bad_regex"
  | "bad_time"
  | "unexpected"
  | "too_long"
  | "too_deep"
  | "too_big"
  | "unknown_field"
  | "lowercase_keyword"
  | "type_mismatch"
  | "leading_wildcard_slow"

/** Replace the text between `from` and `to` by `insert`. */
export interface Fix extends Span {
  readonly insert: string
  readonly label: string
}

export interface Diagnostic extends Span {
  readonly severity: "error" | "warning"
  readonly code: DiagnosticCode
  readonly message: string
  readonly fix?: Fix
}

const warnings: ReadonlySet<DiagnosticCode> = new Set([
  "unknown_field",
  "lowercase_keyword",
  "type_mismatch",
  "leading_wildcard_slow"
])

export const diagnostic = (span: Span, code: DiagnosticCode, message: string, fix?: Fix): Diagnostic => ({
  from: span.from,
  to: span.to,
  severity: warnings.has(code) ? "warning" : "error",
  code,
  message,
  ...(fix === undefined ? {} : { fix })
})

/** Bounds of a query. */
export const limits = {
  characters: 8_192,
  depth: 64,
  conditions: 1_000,
  listValues: 1_000,
  regexCharacters: 512
} as const
