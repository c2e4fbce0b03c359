// Post chunk: one acknowledged request to the collector, repeated under one idempotency key until it is taken.
import { shownUrl } from "@tailrace/domain/shown-url"
import { Effect, Schedule, Schema } from "effect"
import { CommandFailure, exitCodes, unreachable, workFailure } from "./failure.ts"
import { reasonOf } from "./graphql-request.ts"

/** What the collector says of one chunk; `errors` are in words with their positions. */
export interface Receipt {
  readonly accepted: number
  readonly rejected: number
  readonly errors: ReadonlyArray<string>
}

/** The collector is there but full, or not there now: try again after a while. */
class Later extends Schema.TaggedError<Later>()("Later", { message: Schema.String, millis: Schema.Number }) {}

const patience = Schedule.min([Schedule.exponential("200 millis"), Schedule.spaced("5 seconds")]).pipe(
  Schedule.upTo({ times: 30 })
)

/** Fails with exit code 3 when no collector answers, 1 when it refuses the chunk for good. */
export const postChunk = (request: {
  readonly url: string
  readonly source: string
  readonly tenant: string
  readonly multiline: boolean
  readonly chunk: Uint8Array
  readonly key: string
}): Effect.Effect<Receipt, CommandFailure> =>
  attempt(request).pipe(
    Effect.tapError((error) => (error._tag === "Later" ? Effect.sleep(error.millis) : Effect.void)),
    Effect.retry({ schedule: patience, while: (error) => error._tag === "Later" }),
    Effect.catchTag("Later", (error) => Effect.fail(workFailure(error.message)))
  )

const attempt = Effect.fnUntraced(function* (request: Parameters<typeof postChunk>[0]) {
  const answer = yield* Effect.tryPromise({
    try: async (signal) => {
      const response = await fetch(
        `${request.url}/ingest/${encodeURIComponent(request.source)}${request.multiline ? "?multiline=true" : ""}`,
        {
          method: "POST",
          headers: {
            "content-type": "text/plain",
            "x-tailrace-tenant": request.tenant,
            "idempotency-key": request.key
          },
          body: request.chunk as Uint8Array<ArrayBuffer>,
          signal
        }
      )
      return {
        status: response.status,
        retryAfter: Number(response.headers.get("retry-after") ?? 1),
        text: await response.text()
      }
    },
    catch: (cause) =>
      unreachable(
        `no collector answers at ${shownUrl(request.url)} (${reasonOf(cause)}): start one with \`tailrace up\` or name it with --collector`
      )
  })
  if (answer.status === 429 || answer.status === 503) {
    return yield* new Later({
      message: `the collector at ${shownUrl(request.url)} stayed full: ${answer.text}`,
      millis: Math.min(Math.max(answer.retryAfter, 0.05), 30) * 1_000
    })
  }
  const body = receiptOf(answer.text)
  if (answer.status >= 300 || body === undefined) {
    return yield* new CommandFailure({
      message: `the collector at ${shownUrl(request.url)} refused: ${answer.status} ${answer.text.slice(0, 500)}`,
      exitCode: exitCodes.failed
    })
  }
  return body
})

const receiptOf = (text: string): Receipt | undefined => {
  try {
    const body = JSON.parse(text) as { accepted?: unknown; rejected?: unknown; errors?: ReadonlyArray<unknown> }
    if (typeof body.accepted !== "number") return undefined
    const errors = (body.errors ?? []).map((error) => (typeof error === "string" ? error : JSON.stringify(error)))
    return { accepted: body.accepted, rejected: typeof body.rejected === "number" ? body.rejected : 0, errors }
  } catch {
    return undefined
  }
}
