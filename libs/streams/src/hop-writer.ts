// HopWriter: the one writer of a subject; what it publishes tells the inputs it covers, and a second writer is refused.
import { nuid } from "@nats-io/nats-core"
import { Effect, Schedule, Schema } from "effect"
import { growingPauses } from "./backoff.ts"
import { Broker } from "./broker.ts"
import { type HopPosition, hopHeaders } from "./hop-position.ts"
import { Nats } from "./nats.ts"
import type { PublishError } from "./publish-error.ts"
import { Publisher, type PublisherShape } from "./publisher.ts"

/**
 * superseded: another writer wrote to the output subject, be it another process or a message this one had in flight
 * when it was stopped; only a new life, which reads the position again, may go on. too-large: the transform made a message the
 * broker never takes. no-stream: set up the streams first.
 */
export class HopError extends Schema.TaggedError<HopError>()("HopError", {
  reason: Schema.Literals(["superseded", "too-large", "no-stream", "unavailable"]),
  message: Schema.String
}) {}

export interface HopOutput {
  readonly payload: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

/** Inputs that an output covers: it is part `part` of `parts`. */
export type Covered = Pick<HopPosition, "first" | "last" | "part" | "parts">

export interface HopWriterOptions {
  readonly name: string
  readonly stream: string
  readonly subject: string
  /** Told why it waits, such as a full stream, and with "" when it goes on. */
  readonly holding: (reason: string) => void
}

interface Inside {
  readonly publisher: PublisherShape
  readonly readPosition: Effect.Effect<HopPosition, HopError>
  readonly position: HopPosition
}

const pauses = growingPauses("100 millis", "2 seconds")

/** A full stream or an absent broker passes; the batch is held until then. */
const canWait = (error: PublishError) => error.reason === "full" || error.reason === "unavailable"

class HopWriter {
  readonly #options: HopWriterOptions
  readonly #inside: Inside
  readonly #life = nuid.next()
  #position: HopPosition
  #holds = false

  constructor(options: HopWriterOptions, inside: Inside) {
    this.#options = options
    this.#inside = inside
    this.#position = inside.position
  }

  /** What the last output covers, of this life or of one before. */
  get position(): HopPosition {
    return this.#position
  }

  /** Ends once the stream holds the output; waits for room and for the broker. */
  publish(output: HopOutput, covered: Covered): Effect.Effect<void, HopError> {
    return Effect.suspend(() => {
      const { first, last, part } = covered
      const id = `${this.#life}-${first}-${last}-${part}`
      return this.#inside.publisher
        .publish(this.#options.subject, output.payload, {
          id,
          headers: { ...output.headers, ...hopHeaders(covered) },
          expectLastSubjectSequence: this.#position.sequence
        })
        .pipe(
          Effect.tapError((error) => (canWait(error) ? this.#hold(error.message) : Effect.void)),
          Effect.retry(($) => $(pauses).pipe(Schedule.while(({ input }) => canWait(input)))),
          Effect.map((stored) => stored.sequence),
          Effect.catch((error) => this.#settleRefusal(error, id)),
          Effect.flatMap((sequence) => {
            this.#position = { ...covered, sequence, id }
            return this.#holds ? this.#hold("") : Effect.void
          })
        )
    })
  }

  #hold(reason: string): Effect.Effect<void> {
    return Effect.sync(() => {
      this.#holds = reason !== ""
      this.#options.holding(reason)
    })
  }

  /** The refusal may answer a repeat of our own message whose acknowledgement got lost. */
  #settleRefusal(error: PublishError, id: string): Effect.Effect<number, HopError> {
    const { name, subject } = this.#options
    if (error.reason === "wrong-last-sequence") {
      const message = `hop ${name} is no longer the writer of ${subject}, another process took over`
      return Effect.flatMap(this.#inside.readPosition, (found) =>
        found.id === id ? Effect.succeed(found.sequence) : Effect.fail(new HopError({ reason: "superseded", message }))
      )
    }
    const reason = error.reason === "too-large" ? "too-large" : "no-stream"
    return Effect.fail(new HopError({ reason, message: `hop ${name}: ${error.message}` }))
  }
}

/** A writer that goes on behind the last output of its subject. */
export const openHopWriter = Effect.fnUntraced(function* (options: HopWriterOptions) {
  const { name, stream, subject } = options
  const publisher = yield* Publisher
  const broker = yield* Broker
  const readPosition = broker.readHopPosition(stream, subject).pipe(
    Effect.mapError((error) => new HopError({ reason: error.reason, message: `hop ${name}: ${error.message}` })),
    Effect.provideService(Nats, yield* Nats)
  )
  return new HopWriter(options, { publisher, readPosition, position: yield* readPosition })
})
