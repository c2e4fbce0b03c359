// Logs request: arguments that queries over logs have in common, as a filter for the store.
import { parseQuery } from "@tailrace/query/parse"
import { toSql } from "@tailrace/query/to-sql"
import type { LogsFilter } from "@tailrace/store/read/logs-filter"
import type { ReadLimits } from "@tailrace/store/store"
import type { ApiContext } from "../graphql/builder.ts"
import { apiError, badQuery } from "./failure.ts"

export interface LogsArguments {
  readonly query?: string | null | undefined
  readonly tenant?: string | null | undefined
  readonly from?: bigint | null | undefined
  readonly to?: bigint | null | undefined
}

/** The tree of a query; throws BAD_QUERY when it has errors. */
export const parsedQuery = (text: string | null | undefined) => {
  const { ast, diagnostics } = parseQuery(text ?? "")
  if (diagnostics.some((one) => one.severity === "error")) throw badQuery(diagnostics)
  return ast
}

export const logsFilter = (input: LogsArguments, context: ApiContext): LogsFilter => {
  if (input.from != null && input.to != null && input.from > input.to) {
    throw apiError("BAD_INPUT", "from is later than to: swap them")
  }
  return {
    tenant: input.tenant ?? undefined,
    condition: toSql(parsedQuery(input.query), { now: context.now() }),
    from: input.from ?? undefined,
    to: input.to ?? undefined
  }
}

export const readLimits = (context: Pick<ApiContext, "limits">): ReadLimits => ({
  seconds: context.limits.seconds,
  memoryBytes: context.limits.memoryBytes,
  resultRows: 1_000_000
})

/** `first` within 1 and the largest page; throws LIMIT beyond. */
export const pageSize = (first: number | null | undefined, fallback: number, context: ApiContext): number => {
  const wanted = first ?? fallback
  if (wanted < 0) throw apiError("BAD_INPUT", `first is ${wanted}, it must be 0 or more`)
  if (wanted > context.limits.pageSize) {
    throw apiError(
      "LIMIT",
      `first is ${wanted}, at most ${context.limits.pageSize} records fit into one page: page with after`
    )
  }
  return wanted
}

/** Milliseconds since 1970 of a DateTime argument. */
export const millisOf = (nanos: bigint | null | undefined): number | undefined =>
  nanos == null ? undefined : Number(nanos / 1_000_000n)
