// KnownLetters: which records of messages delivered again are dead letters already, so that they end in no other way.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { awaitRunningLetters } from "@tailrace/store/recover/running-inserts"
import type { KnownLetter } from "@tailrace/store/recover/settled-records"
import { Tables } from "@tailrace/store/tables"
import { Effect } from "effect"
import type { Breaker } from "./breaker.ts"
import { untilStored } from "./until-stored.ts"

/**
 * A dead letter is stored before the rows and the account of its batch. After a crash in between its message comes again,
 * perhaps into a pipeline or a table that has been mended since: the record stays a dead letter all the same.
 */
class KnownLetters {
  private readonly bySequence = new Map<number, Array<KnownLetter>>()
  private last = 0

  constructor(letters: ReadonlyArray<KnownLetter>) {
    for (const letter of letters) {
      const others = this.bySequence.get(letter.sequence)
      if (others === undefined) this.bySequence.set(letter.sequence, [letter])
      else others.push(letter)
      this.last = Math.max(this.last, letter.sequence)
    }
  }

  /** Rejects the rows of a batch that are known. Costs nothing behind the last of them. */
  apply(batch: LogBatch): void {
    if (this.bySequence.size === 0) return
    if (batch.firstSequence > this.last) {
      this.bySequence.clear()
      return
    }
    for (let index = 0; index < batch.length; index++) {
      const letters = this.bySequence.get(batch.sequence[index] as number)
      if (letters === undefined) continue
      const row = batch.row[index] as number
      const letter = letters.find((one) => row >= one.row && row < one.row + one.records)
      if (letter !== undefined) batch.reject(index, letter.reason)
    }
  }
}

/** The letters that earlier lives stored of messages not settled, by what has to become of them in a batch. */
export interface SettledLetters {
  /** Records that a stage failed over: they are dead before the deduplication sees them. */
  readonly known: KnownLetters
  /** What a sink was refused had passed the deduplication before, and repetitions of it were left out. */
  readonly refused: KnownLetters
  readonly hasRefused: boolean
}

/** Reads the letters behind a raw sequence, once none is being written any more. */
export const readSettledLetters = Effect.fnUntraced(function* (partition: number, settled: number, breaker: Breaker) {
  const read = Effect.andThen(
    awaitRunningLetters(partition),
    Tables.use((tables) => tables.lettersAfter(partition, settled))
  )
  const letters = yield* untilStored(read, breaker)
  const ofSink = letters.filter(({ stage }) => stage === "sink")
  return {
    known: new KnownLetters(letters.filter(({ stage }) => stage !== "sink")),
    refused: new KnownLetters(ofSink),
    hasRefused: ofSink.length > 0
  } satisfies SettledLetters
})
