// Announced ends: how far the owner of each partition has announced what it stores, as a listener hears it.
import { RequestError } from "@nats-io/nats-core"
import { Effect } from "effect"
import { type Announced, decodeAnnounced } from "./announced.ts"
import { cutSubject } from "./definitions.ts"
import { Nats } from "./nats.ts"

export interface AnnouncedEnds {
  /**
   * Last sequence that is stored or about to be; "none" where outputs are not announced; undefined while it is not known,
   * which asking finds out for the next time.
   */
  readonly of: (partition: number) => number | "none" | undefined
}

const endOf = ({ cuts }: Announced): number | "none" => {
  const ends = Object.values(cuts).map(({ last }) => last)
  const end = Math.max(0, ...ends)
  return end === 0 ? "none" : end
}

/** Partitions remembered; a stranger may name any. */
const most = 4_096

/** Hears every announcement for the life of the scope: on one connection it comes before what is stored and shown behind it. */
export const openAnnouncedEnds = Effect.gen(function* () {
  const { control } = yield* Nats
  const ends = new Map<number, number | "none">()
  const asked = new Set<number>()
  const prefix = cutSubject(0).slice(0, -1)
  /** A broker that lets not everybody hear the owners lets nobody but them show batches either: gaps are all there is to find. */
  let denied = false
  const hear = (partition: number, text: string): void => {
    const announced = decodeAnnounced(text)
    // What is none changes nothing: the owner's next one, or its successor's, tells.
    if ("unreadable" in announced || ends.size >= most) return
    ends.set(partition, endOf(announced))
  }
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      control.subscribe(`${prefix}*`, {
        callback: (error, message) => {
          if (error !== null) denied = true
          else hear(Number(message.subject.slice(prefix.length)), message.string())
        }
      })
    ),
    (subscription) => Effect.sync(() => subscription.unsubscribe())
  )
  const ask = (partition: number): void => {
    if (asked.has(partition) || asked.size >= most) return
    asked.add(partition)
    const subject = cutSubject(partition)
    control.request(`$JS.API.DIRECT.GET.owners.${subject}`, undefined, { timeout: 2_000 }).then(
      (answer) => {
        if (ends.has(partition)) return
        // Without a message the answer has a status and no subject.
        if (answer.headers?.get("Nats-Subject") === subject) hear(partition, answer.string())
        else ends.set(partition, "none")
      },
      (cause) => {
        // Where there is no such stream nothing is announced; who gets no answer asks again.
        if (ends.has(partition)) return
        if (cause instanceof RequestError && cause.isNoResponders()) ends.set(partition, "none")
        else asked.delete(partition)
      }
    )
  }
  // The only one of many brokers, so that its first batch is known.
  ask(0)
  return {
    of: (partition) => {
      if (denied) return "none"
      const end = ends.get(partition)
      if (end === undefined) ask(partition)
      return end
    }
  } satisfies AnnouncedEnds
})
