// Caret: a diagnostic of the query language shown under the text it speaks of.
import { escapeForTerminal } from "./escape.ts"
import type { Style } from "./style.ts"

/** Positions are UTF-16 offsets into the query. */
export interface ShownDiagnostic {
  readonly from: number
  readonly to: number
  readonly severity: string
  readonly message: string
  readonly fix?: unknown
}

/** The query, carets under the part meant, the message and, where there is one, the fix. */
export const caret = (query: string, diagnostic: ShownDiagnostic, style: Style): string => {
  const before = escapeForTerminal(query.slice(0, diagnostic.from))
  const meant = escapeForTerminal(query.slice(diagnostic.from, Math.max(diagnostic.to, diagnostic.from + 1))) || " "
  const colour = diagnostic.severity === "error" ? "red" : "yellow"
  const lines = [
    `  ${escapeForTerminal(query)}`,
    `  ${" ".repeat(before.length)}${style(colour, "^".repeat(meant.length))}`,
    `${style(colour, diagnostic.severity)}: ${escapeForTerminal(diagnostic.message)}`
  ]
  const hint = hintOf(diagnostic.fix)
  if (hint !== undefined) lines.push(`${style("cyan", "hint")}: ${escapeForTerminal(hint)}`)
  return lines.join("\n")
}

const hintOf = (fix: unknown): string | undefined => {
  if (typeof fix === "string") return fix
  if (typeof fix !== "object" || fix === null) return undefined
  if ("label" in fix && typeof fix.label === "string") return fix.label
  if ("insert" in fix && typeof fix.insert === "string") return fix.insert === "" ? "remove it" : `write ${fix.insert}`
  return undefined
}
