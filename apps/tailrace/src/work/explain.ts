// Explain: what a query means, without running it.
import { parseQuery } from "@tailrace/query/parse"
import { printQuery } from "@tailrace/query/print"
import { toSql } from "@tailrace/query/to-sql"
import { Clock, Effect } from "effect"
import { usageFailure } from "../failure.ts"
import { caret } from "../terminal/caret.ts"
import { Output } from "../terminal/output.ts"

export const run = Effect.fnUntraced(function* (input: { readonly query: string; readonly json: boolean }) {
  const output = yield* Output
  const now = yield* Clock.currentTimeMillis
  const { ast, diagnostics } = parseQuery(input.query)
  const sql = toSql(ast, { now })
  if (input.json || !output.isTerminal) {
    yield* output.line(
      JSON.stringify({
        query: input.query,
        canonical: printQuery(ast),
        diagnostics,
        condition: sql.condition,
        params: sql.params
      })
    )
  } else {
    for (const one of diagnostics) yield* output.line(caret(input.query, one, output.style))
    yield* output.line(`${output.style("bold", "means")}   ${printQuery(ast) || "everything"}`)
    yield* output.line(`${output.style("bold", "sql")}     ${sql.condition}`)
    yield* output.line(`${output.style("bold", "params")}  ${JSON.stringify(sql.params)}`)
  }
  const errors = diagnostics.filter((one) => one.severity === "error").length
  if (errors > 0) return yield* usageFailure(`the query has ${errors} error${errors === 1 ? "" : "s"}`)
})
