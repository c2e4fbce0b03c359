// Publish errors: what the broker's refusals mean to a publisher.
import { Schema } from "effect"

/**
 * full: a limit of the stream is reached, hold and try later (back-pressure). no-stream: no stream takes the subject,
 * stop. wrong-last-sequence: another writer came first, stop. too-large: never accepted, split it. unavailable: no
 * answer within the deadline, hold and try again with the same id.
 */
export const PublishErrorReason = Schema.Literals([
  "full",
  "no-stream",
  "wrong-last-sequence",
  "too-large",
  "unavailable"
])
export type PublishErrorReason = typeof PublishErrorReason.Type

export class PublishError extends Schema.TaggedError<PublishError>()("PublishError", {
  reason: PublishErrorReason,
  message: Schema.String
}) {}

export interface PublishAck {
  readonly stream: string
  readonly sequence: number
  /** The broker had a message with this id already; `sequence` is that message's. */
  readonly duplicate: boolean
}

interface ApiError {
  readonly code: number
  readonly err_code?: number
  readonly description?: string
}

/** nats-server's err_code to a reason; undefined means a passing condition that is worth another attempt. */
const reasonOf = (error: ApiError): PublishErrorReason | undefined => {
  switch (error.err_code) {
    case 10071: // wrong last sequence: N
    case 10164: // wrong last sequence
      return "wrong-last-sequence"
    case 10054: // message size exceeds maximum allowed
      return "too-large"
    case 10077: // maximum bytes, messages or messages per subject exceeded
    case 10122: // maximum messages per subject
    case 10023: // insufficient resources
    case 10028: // insufficient memory resources
    case 10047: // insufficient storage resources
      return "full"
    case 10059: // stream not found
      return "no-stream"
    default:
      return error.code === 503 || error.code === 408 ? undefined : "unavailable"
  }
}

export type Answer =
  | { readonly kind: "ack"; readonly ack: PublishAck }
  | { readonly kind: "error"; readonly error: PublishError }
  | { readonly kind: "again"; readonly detail: string }

/** Reads the broker's answer to a publish. */
export const readAnswer = (subject: string, text: string): Answer => {
  const again = (detail: string): Answer => ({ kind: "again", detail })
  let answer: {
    readonly stream?: string
    readonly seq?: number
    readonly duplicate?: boolean
    readonly error?: ApiError
  }
  try {
    answer = JSON.parse(text)
  } catch {
    return again("an answer that is not json")
  }
  if (answer.error !== undefined) {
    const reason = reasonOf(answer.error)
    const detail = `${answer.error.description ?? "refused"} (${answer.error.err_code ?? answer.error.code})`
    if (reason === undefined) return again(detail)
    return { kind: "error", error: new PublishError({ reason, message: `publish to ${subject} refused: ${detail}` }) }
  }
  if (answer.stream === undefined || answer.seq === undefined) return again("an answer without a sequence")
  return {
    kind: "ack",
    ack: { stream: answer.stream, sequence: answer.seq, duplicate: answer.duplicate === true }
  }
}
