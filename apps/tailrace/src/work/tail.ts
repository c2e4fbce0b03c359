// Tail: subscribes to records as they are stored and prints them.
import { shownUrl } from "@tailrace/domain/shown-url"
import { Effect, Stream } from "effect"
import { createClient } from "graphql-ws"
import { WebSocket } from "ws"
import { type CommandFailure, unreachable, workFailure } from "../failure.ts"
import { failureOf, reasonOf } from "../graphql-request.ts"
import { Output } from "../terminal/output.ts"
import { recordLine, type ShownRecord } from "../terminal/record-line.ts"
import type { Style } from "../terminal/style.ts"

const document = `subscription ($query: String, $maxRowsPerSecond: Int) {
  tail(query: $query, maxRowsPerSecond: $maxRowsPerSecond) {
    rows { id timestamp severity service source body attributes }
    matched
    dropped
  }
}`

interface Tail {
  readonly tail: { readonly rows: ReadonlyArray<ShownRecord>; readonly matched: number; readonly dropped: number }
}

interface TailInput {
  readonly query: string
  readonly max: number
  readonly json: boolean
  readonly api: string
}

export const run = Effect.fnUntraced(function* (input: TailInput) {
  const output = yield* Output
  const pretty = output.isTerminal && !input.json
  if (pretty) yield* output.note(output.style("dim", `live from ${input.api}; stop with Ctrl-C`))
  yield* liveBatches(input, output.style).pipe(
    Stream.runForEach(
      Effect.fnUntraced(function* ({ tail }) {
        for (const row of tail.rows) yield* output.line(pretty ? recordLine(row, output.style) : JSON.stringify(row))
        if (tail.dropped > 0) yield* output.note(output.style("yellow", `${tail.dropped} records left out`))
      })
    )
  )
})

const liveBatches = (
  input: { readonly api: string; readonly query: string; readonly max: number },
  style: Style
): Stream.Stream<Tail, CommandFailure> =>
  Stream.suspend(() => {
    const client = createClient({
      url: `${input.api.replace(/^http/, "ws")}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      lazyCloseTimeout: 0
    })
    const results = client.iterate<Tail>({
      query: document,
      variables: { query: input.query, maxRowsPerSecond: input.max }
    })
    return Stream.fromAsyncIterable(results, (cause) => causeOf(cause, input, style)).pipe(
      Stream.mapEffect((result) => {
        if (result.errors !== undefined && result.errors.length > 0)
          return Effect.fail(failureOf(result.errors as never, input.query, style))
        return result.data === null || result.data === undefined
          ? Effect.fail(workFailure("the api sent no data"))
          : Effect.succeed(result.data)
      }),
      Stream.ensuring(Effect.promise(async () => client.dispose()))
    )
  })

const causeOf = (
  cause: unknown,
  input: { readonly api: string; readonly query: string },
  style: Style
): CommandFailure => {
  if (Array.isArray(cause)) return failureOf(cause as never, input.query, style)
  if (typeof cause === "object" && cause !== null && "code" in cause && "reason" in cause) {
    return workFailure(`the api ended the connection: ${String(cause.code)} ${String(cause.reason)}`)
  }
  const inner = typeof cause === "object" && cause !== null && "error" in cause ? cause.error : cause
  return unreachable(
    `no api answers at ${shownUrl(input.api)} (${reasonOf(inner)}): start one with \`tailrace up\` or name it with --api`
  )
}
