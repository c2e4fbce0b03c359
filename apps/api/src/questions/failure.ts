// Failure: what goes wrong in a resolver, as a GraphQL error with a code a program can act on.
import type { Diagnostic } from "@tailrace/query/diagnostic"
import { CursorError } from "@tailrace/store/read/search"
import { StoreError } from "@tailrace/store/store-error"
import { PublishError } from "@tailrace/streams/publish-error"
import { GraphQLError } from "graphql"

/** Codes of the api's own errors, in `extensions.code`. */
export type ErrorCode =
  | "BAD_QUERY"
  | "BAD_CURSOR"
  | "BAD_INPUT"
  | "LIMIT"
  | "TIMEOUT"
  | "CANCELLED"
  | "STORE_UNAVAILABLE"
  | "BROKER_UNAVAILABLE"
  | "INTERNAL"

export const apiError = (
  code: ErrorCode,
  message: string,
  more: Readonly<Record<string, unknown>> = {}
): GraphQLError => new GraphQLError(message, { extensions: { code, ...more } })

/** A query with errors; `extensions.diagnostics` holds each with its position. */
export const badQuery = (diagnostics: ReadonlyArray<Diagnostic>): GraphQLError =>
  apiError(
    "BAD_QUERY",
    diagnostics
      .filter((one) => one.severity === "error")
      .map((one) => `${one.message} (at ${one.from + 1})`)
      .join("; "),
    { diagnostics }
  )

const timeoutCodes: ReadonlySet<number> = new Set([159, 209])
const limitCodes: ReadonlySet<number> = new Set([158, 241, 396, 307])

/** The GraphQL error of whatever a read of the store failed with. What is inside stays inside. */
export const toApiError = (error: unknown): GraphQLError => {
  if (error instanceof GraphQLError) return error
  if (error instanceof CursorError) return apiError("BAD_CURSOR", error.message)
  if (error instanceof PublishError) return apiError("BROKER_UNAVAILABLE", error.message)
  if (!(error instanceof StoreError)) return apiError("INTERNAL", "the api failed at this, its log says why")
  if (error.code !== undefined && timeoutCodes.has(error.code)) {
    return apiError("TIMEOUT", "the store took too long: narrow the time range or the query")
  }
  if (error.code !== undefined && limitCodes.has(error.code)) {
    return apiError(
      "LIMIT",
      "the answer would take too much memory or too many rows: narrow the time range or the query"
    )
  }
  if (error.code === undefined) return apiError("STORE_UNAVAILABLE", "the store does not answer now, try again")
  if (error.code === 394) return apiError("TIMEOUT", "the read was cancelled")
  if (error.consequence === "retry" || error.consequence === "hold")
    return apiError("STORE_UNAVAILABLE", "the store cannot answer this now, try again")
  return apiError("BAD_INPUT", "the store refused this request: check its arguments")
}
