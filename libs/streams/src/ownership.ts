// Ownership: the one live owner of a partition, and the batches it announces before it stores them.
import { JetStreamApiError, jetstreamManager } from "@nats-io/jetstream"
import { nuid } from "@nats-io/nats-core"
import { Clock, Effect, Schedule, Semaphore } from "effect"
import { cutSubject, leaseOf } from "./definitions.ts"
import { elapsedMillis } from "./elapsed.ts"
import { type Lease, OwnershipError, takeLease } from "./lease.ts"
import { Nats } from "./nats.ts"
import type { PublishError } from "./publish-error.ts"
import { Publisher } from "./publisher.ts"

/** One batch of one output as announced: enough to form the same batch again and to insert it under the same token. */
export interface Cut {
  /** First and last raw sequence. */
  readonly first: number
  readonly last: number
  readonly attempt: number
  /** Milliseconds since 1970; names the batch. */
  readonly ingestedAt: number
  /** Rows within one frame, which cannot be chosen again just so. */
  readonly within?: boolean
}

export interface Ownership extends Lease {
  /** What the owner before announced last, by output: it may be stored, may be on its way, or may never come. */
  readonly left: Readonly<Record<string, Cut>>
  /**
   * To be called before each new insert of an output: ends once the broker keeps it, and fails with "superseded" where
   * another process has taken over. So an owner of before can only ever store what `left` tells its successor.
   */
  readonly announce: (output: string, cut: Cut) => Effect.Effect<void, OwnershipError>
  /** Ends when nobody has taken over, by the broker's word, and fails with "superseded" where somebody has. */
  readonly confirm: Effect.Effect<void, OwnershipError>
  /** The same as an answer; a broker that does not answer is waited for. */
  readonly owned: Effect.Effect<boolean>
}

interface Announced {
  readonly owner: string
  readonly cuts: Readonly<Record<string, Cut>>
}

interface Last extends Announced {
  readonly sequence: number
  readonly id: string
}

const API_TIMEOUT_MILLIS = 1_500

const pauses = Schedule.min([Schedule.exponential("50 millis"), Schedule.spaced("1 second")]).pipe(Schedule.jittered)

const canWait = (error: PublishError) => error.reason === "full" || error.reason === "unavailable"

/**
 * Waits until this process owns the partition: the broker has pinned it (see `takeLease`), and its claim has replaced
 * the announcement of the owner before, whose next one is refused by the sequence it expects. The pin decides who
 * should work, the sequence who can. Held for the life of the scope.
 */
export const ownPartition = Effect.fnUntraced(function* (partition: number, standby: () => void = () => {}) {
  const { control } = yield* Nats
  const publisher = yield* Publisher
  const clock = yield* Clock.Clock
  const now = elapsedMillis(clock)
  const { stream, timeoutMillis } = leaseOf(partition)
  const subject = cutSubject(partition)
  const owner = nuid.next()
  const lease = yield* takeLease(partition, standby)
  const unavailable = (detail: string) =>
    new OwnershipError({
      reason: "unavailable",
      message: `the announcements of partition ${partition} cannot be reached: ${detail}`
    })
  const superseded = new OwnershipError({
    reason: "superseded",
    message: `another process took over partition ${partition}`
  })
  const manager = yield* Effect.tryPromise({
    try: () => jetstreamManager(control, { checkAPI: false, timeout: API_TIMEOUT_MILLIS }),
    catch: (cause) => unavailable(String(cause))
  })
  const readLast = Effect.tryPromise({
    try: async (): Promise<Last> => {
      const message = await manager.streams.getMessage(stream, { last_by_subj: subject })
      if (message === null) return { owner: "", cuts: {}, sequence: 0, id: "" }
      const announced: Announced = message.json()
      return { ...announced, sequence: message.seq, id: message.header.get("Nats-Msg-Id") }
    },
    catch: (cause) =>
      cause instanceof JetStreamApiError && cause.code === 10059
        ? new OwnershipError({
            reason: "no-stream",
            message: `stream ${stream} does not exist, run the streams set-up`
          })
        : unavailable(cause instanceof Error ? cause.message : String(cause))
  }).pipe(Effect.retry(($) => $(pauses).pipe(Schedule.while(({ input }) => input.reason === "unavailable"))))

  const encoder = new TextEncoder()
  let count = 0
  /** Replaces the announcement that has `sequence`; undefined when another one came first. */
  const replace = Effect.fnUntraced(function* (cuts: Announced["cuts"], sequence: number) {
    const id = `${owner}-${count++}`
    const payload = encoder.encode(JSON.stringify({ owner, cuts } satisfies Announced))
    return yield* publisher.publish(subject, payload, { id, expectLastSubjectSequence: sequence }).pipe(
      Effect.map((stored): number | undefined => stored.sequence),
      Effect.retry(($) => $(pauses).pipe(Schedule.while(({ input }) => canWait(input)))),
      Effect.catch((error) => {
        // The refusal may answer a repeat of our own message whose acknowledgement got lost.
        if (error.reason === "wrong-last-sequence")
          return Effect.map(readLast, (last) => (last.id === id ? last.sequence : undefined))
        return Effect.fail(new OwnershipError({ reason: "no-stream", message: error.message }))
      })
    )
  })
  let last = yield* readLast
  for (;;) {
    const sequence = yield* replace(last.cuts, last.sequence)
    if (sequence !== undefined) {
      last = { ...last, owner, sequence }
      break
    }
    last = yield* readLast
  }
  const left = last.cuts
  let { cuts, sequence } = last
  const confirm = Effect.flatMap(readLast, (now) => (now.owner === owner ? Effect.void : superseded))
  const turn = Semaphore.makeUnsafe(1)
  const announce = (output: string, cut: Cut) =>
    Effect.gen(function* () {
      let begunAt = now()
      const next = { ...cuts, [output]: cut }
      const stored = yield* replace(next, sequence)
      if (stored === undefined) return yield* superseded
      cuts = next
      sequence = stored
      // A process that was stopped meanwhile has an answer of long ago: the successor may have dealt with this batch.
      while (now() - begunAt > timeoutMillis) {
        begunAt = now()
        yield* confirm
      }
    }).pipe(turn.withPermits(1))
  return {
    ...lease,
    left,
    announce,
    confirm,
    owned: confirm.pipe(
      Effect.as(true),
      Effect.orElseSucceed(() => false)
    )
  } satisfies Ownership
})
