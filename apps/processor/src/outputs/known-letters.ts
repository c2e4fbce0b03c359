// KnownLetters: which records of messages delivered again are dead letters already, so that they end in no other way.
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { KnownLetter } from "@tailrace/store/recover/settled-records"

/**
 * A dead letter is stored before the rows and the account of its batch. After a crash in between its message comes again,
 * perhaps into a pipeline or a table that has been mended since: the record stays a dead letter all the same.
 */
export class KnownLetters {
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
