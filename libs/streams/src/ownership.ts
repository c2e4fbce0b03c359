// Ownership: the one live owner of a partition, and the batches it announces before it stores them.
import { nuid } from "@nats-io/nats-core"
import { Clock, Effect, Schedule, Semaphore } from "effect"
import type { Announced, Cut, LastAnnounced } from "./announced.ts"
import { growingPauses } from "./backoff.ts"
import { Broker } from "./broker.ts"
import { cutSubject, leaseOf } from "./definitions.ts"
import { elapsedMillis } from "./elapsed.ts"
import { placeOf } from "./generation.ts"
import { type Lease, OwnershipError } from "./lease.ts"
import { Nats } from "./nats.ts"
import type { PublishError } from "./publish-error.ts"
import { Publisher } from "./publisher.ts"

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

const pauses = growingPauses("50 millis", "1 second")

/**
 * What is left where the announcement of the owner before is not there or cannot be read: its last insert is of rows that cannot be chosen
 * again, so that outputs wait until none is under way and go by what is stored.
 */
const unknown: Announced["cuts"] = { rows: { first: 0, last: 0, attempt: 0, ingestedAt: 0, within: true } }

/** A batch of an hour from now is one of a clock that jumped; of days from now there is none. */
const mostAheadMillis = 172_800_000

/** Why an announcement cannot be what an owner announced; `end` is the last sequence of the raw stream. */
const problemOf = ({ cuts, unreadable }: LastAnnounced, end: number, now: number): string | undefined => {
  if (unreadable !== undefined) return unreadable
  for (const [output, { ingestedAt, last }] of Object.entries(cuts)) {
    if (placeOf(last) > end) return `its batch of ${output} ends at message ${last}, and stream raw at ${end}`
    if (ingestedAt > now + mostAheadMillis) return `its batch of ${output} is of ${new Date(ingestedAt).toISOString()}`
  }
  return undefined
}

/** About five seconds of asking before it is said that nobody answers. */
const patientTimes = 8

const canWait = (error: PublishError) => error.reason === "full" || error.reason === "unavailable"

/** What stands announced for a partition, and the way to replace it. */
const announcements = Effect.fnUntraced(function* (partition: number) {
  const broker = yield* Broker
  const publisher = yield* Publisher
  const clock = yield* Clock.Clock
  const subject = cutSubject(partition)
  const owner = nuid.next()
  const readLast = Effect.provideService(broker.readAnnounced(partition), Nats, yield* Nats)
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
  /** The last announcement, with "unknown" in the place of what nobody can have announced. */
  const readLeft = Effect.gen(function* () {
    const last = yield* readLast
    // Nothing was announced ever, or what was is gone with the stream.
    if (last.sequence === 0) return { ...last, cuts: unknown }
    const end = yield* broker.rangeOf("raw").pipe(
      Effect.retry({ schedule: pauses, times: patientTimes }),
      Effect.mapError((message) => new OwnershipError({ reason: "unavailable", message }))
    )
    const problem = problemOf(last, end.last, clock.currentTimeMillisUnsafe())
    if (problem === undefined) return last
    yield* Effect.logWarning(
      `message ${last.sequence} of ${subject} is no announcement of an owner (${problem}): partition ${partition} goes by what the store holds`
    )
    return { ...last, cuts: unknown }
  })
  /** Takes the place of whatever is announced; answers what that was, and the sequence it now stands under. */
  const claim = Effect.gen(function* () {
    for (;;) {
      const last = yield* readLeft
      const sequence = yield* replace(last.cuts, last.sequence)
      if (sequence !== undefined) return { cuts: last.cuts, sequence }
    }
  })
  return { owner, readLast, replace, claim }
})

/**
 * Waits until this process owns the partition: the broker has pinned it (see `takeLease`), and its claim has replaced
 * the announcement of the owner before, whose next one is refused by the sequence it expects. The pin decides who
 * should work, the sequence who can. Held for the life of the scope.
 */
export const ownPartition = Effect.fnUntraced(function* (partition: number, standby: () => void = () => {}) {
  const now = elapsedMillis(yield* Clock.Clock)
  const { timeoutMillis } = leaseOf(partition)
  const lease = yield* (yield* Broker).takeLease(partition, standby)
  const superseded = new OwnershipError({
    reason: "superseded",
    message: `another process took over partition ${partition}`
  })
  const { claim, owner, readLast, replace } = yield* announcements(partition)
  let { cuts, sequence } = yield* claim
  const left = cuts
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
