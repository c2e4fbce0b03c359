// Live: batches just stored, on core subjects for live tails; sent only while somebody listens, kept by nobody.
import { type Msg, headers as makeHeaders } from "@nats-io/nats-core"
import { liveInterestSubject, liveSubject, liveSubjects } from "@tailrace/domain/subjects"
import { Clock, Effect } from "effect"
import { asBuffer } from "./delivery.ts"
import { elapsedMillis } from "./elapsed.ts"
import { Nats } from "./nats.ts"
import { releaseMessage } from "./whole-messages.ts"

/** A publisher forgets listeners after a few silent seconds. */
const INTEREST_EVERY = "1 second"
const INTEREST_LASTS_MILLIS = 5_000

const behindHeader = "Tailrace-Behind"
/** Room for the headers of a message. */
const headerBytes = 256

export interface LiveOutlet {
  /** Whether anybody listens: ask before encoding a batch. */
  readonly wanted: () => boolean
  /**
   * Sends an encoded batch to whoever listens. too-large: above the broker's payload limit, cut the batch. disconnected:
   * nobody got it; tails that must miss nothing read it from the store. The batch holds everything that is kept behind the
   * sequence `behind`, so that a listener who has less notices.
   */
  readonly publish: (partition: number, bytes: Uint8Array, behind: number) => "sent" | "too-large" | "disconnected"
}

/** The sending side, for the life of the scope. */
export const openLiveOutlet = Effect.gen(function* () {
  const { control, data } = yield* Nats
  const now = elapsedMillis(yield* Clock.Clock)
  // Until listeners have had time to speak up, somebody is taken to listen: a tail must not miss what a restart stores.
  let heardAt = now()
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      control.subscribe(liveInterestSubject, {
        callback: () => {
          heardAt = now()
        }
      })
    ),
    (subscription) => Effect.sync(() => subscription.unsubscribe())
  )
  const outlet: LiveOutlet = {
    wanted: () => now() - heardAt < INTEREST_LASTS_MILLIS,
    publish: (partition, bytes, behind) => {
      if (data.isClosed()) return "disconnected"
      if (bytes.length + headerBytes > (data.info?.max_payload ?? Number.POSITIVE_INFINITY)) return "too-large"
      const headers = makeHeaders()
      headers.set(behindHeader, String(behind))
      data.publish(liveSubject(partition), bytes, { headers })
      return "sent"
    }
  }
  return outlet
})

export interface LiveBatch {
  readonly partition: number
  /** An encoded LogBatch; valid during the callback only, copy what outlives it. */
  readonly bytes: Uint8Array
  /** Nothing that is kept lies between this sequence and the batch; undefined when it was not told. */
  readonly behind: number | undefined
}

/**
 * The listening side: calls `receive` for every batch of every partition until the scope ends. The callback must be
 * quick and must not throw; it runs on the control connection.
 */
export const subscribeLive = Effect.fnUntraced(function* (receive: (batch: LiveBatch) => void) {
  const { control } = yield* Nats
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      control.subscribe(liveSubjects, {
        callback: (error: Error | null, message: Msg) => {
          if (error !== null) return
          const partition = Number(message.subject.slice(message.subject.lastIndexOf(".") + 1))
          const told = Number(message.headers?.get(behindHeader) || Number.NaN)
          const behind = Number.isSafeInteger(told) && told >= 0 ? told : undefined
          receive({ partition, bytes: asBuffer(message.data), behind })
          releaseMessage(message.data)
        }
      })
    ),
    (subscription) => Effect.sync(() => subscription.unsubscribe())
  )
  // From here on the broker knows of the subscription: what is published later arrives.
  yield* Effect.promise(() => control.flush().catch(() => undefined)).pipe(Effect.timeoutOption("1 second"))
  const announce = Effect.sync(() => {
    if (!control.isClosed()) control.publish(liveInterestSubject)
  })
  yield* Effect.forkScoped(announce.pipe(Effect.andThen(Effect.sleep(INTEREST_EVERY)), Effect.forever))
})
