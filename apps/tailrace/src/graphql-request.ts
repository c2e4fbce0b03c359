// GraphQL request: one operation against the api over HTTP, with its errors in words.
import { shownUrl, withShownUrls } from "@tailrace/domain/shown-url"
import { Effect } from "effect"
import { type CommandFailure, unreachable, usageFailure, workFailure } from "./failure.ts"
import { caret, type ShownDiagnostic } from "./terminal/caret.ts"
import type { Style } from "./terminal/style.ts"

interface GraphQLErrorShape {
  readonly message: string
  readonly extensions?: { readonly code?: string; readonly diagnostics?: ReadonlyArray<ShownDiagnostic> }
}

/** What the api's errors say, query diagnostics with carets under `query`. */
export const failureOf = (
  errors: ReadonlyArray<GraphQLErrorShape>,
  query: string | undefined,
  style: Style
): CommandFailure => {
  const diagnostics = errors.flatMap((error) => error.extensions?.diagnostics ?? [])
  if (query !== undefined && diagnostics.length > 0) {
    return usageFailure(`the query cannot be run\n${diagnostics.map((one) => caret(query, one, style)).join("\n")}`)
  }
  return workFailure(errors.map((error) => error.message).join("; "))
}

/** The data of an operation. Fails with exit code 3 when the api cannot be reached, 2 for a bad query, 1 otherwise. */
export const graphqlRequest = <Data>(request: {
  readonly url: string
  readonly document: string
  readonly variables: Readonly<Record<string, unknown>>
  /** The query language's text among the variables, for carets. */
  readonly query?: string
  readonly style: Style
}): Effect.Effect<Data, CommandFailure> =>
  Effect.gen(function* () {
    const answer = yield* Effect.tryPromise({
      try: async (signal) => {
        const response = await fetch(`${request.url}/graphql`, {
          method: "POST",
          headers: { "content-type": "application/json", accept: "application/json" },
          body: JSON.stringify({ query: request.document, variables: request.variables }),
          signal
        })
        return { status: response.status, text: await response.text() }
      },
      catch: (cause) =>
        unreachable(
          `no api answers at ${shownUrl(request.url)} (${reasonOf(cause)}): start one with \`tailrace up\` or name it with --api`
        )
    })
    const body = yield* Effect.try({
      try: () =>
        JSON.parse(answer.text) as { readonly data?: Data; readonly errors?: ReadonlyArray<GraphQLErrorShape> },
      catch: () =>
        workFailure(
          `${shownUrl(request.url)} answered ${answer.status} with something that is no GraphQL answer: is it the api?`
        )
    })
    if (body.errors !== undefined && body.errors.length > 0)
      return yield* failureOf(body.errors, request.query, request.style)
    if (body.data === undefined)
      return yield* workFailure(`${shownUrl(request.url)} answered ${answer.status} without data`)
    return body.data
  })

/** The innermost reason of a failed connection, such as ECONNREFUSED. */
export const reasonOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return withShownUrls(String(cause))
  if (cause.cause instanceof Error) return reasonOf(cause.cause)
  return "code" in cause && typeof cause.code === "string" ? cause.code : withShownUrls(cause.message)
}
