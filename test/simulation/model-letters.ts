// ModelLetters: the dead letters of a store, each replacing itself, and the marks of frames whose rows come in several inserts.
import { deadLetterIdText } from "@tailrace/domain/dead-letter"
import type { KnownLetter } from "@tailrace/store/recover/settled-records"
import type { JsonRow } from "./model-tables.ts"
import type { NativeLetter } from "./native-reader.ts"

interface SplitMark {
  readonly sequence: number
  readonly finished: boolean
  readonly at: number
}

export class ModelLetters {
  readonly byId = new Map<string, NativeLetter>()
  /** By sequence of their message. */
  readonly ofMessage = new Map<number, Array<NativeLetter>>()
  /** Letters that were stored again and say something else. */
  readonly contradictions: Array<string> = []
  private readonly split = new Map<number, SplitMark>()

  insert(letters: ReadonlyArray<NativeLetter>): void {
    for (const letter of letters) {
      const id = deadLetterIdText(letter)
      const before = this.byId.get(id)
      if (before === undefined) {
        this.byId.set(id, letter)
        this.ofMessage.set(letter.sequence, [...(this.ofMessage.get(letter.sequence) ?? []), letter])
      } else if (JSON.stringify(before) !== JSON.stringify(letter)) {
        this.contradictions.push(`letter ${id}: ${JSON.stringify(before)}, and then ${JSON.stringify(letter)}`)
      }
    }
  }

  /** See `lettersAfter` of the store. */
  after(partition: number, sequence: number): Array<KnownLetter> {
    return [...this.byId.values()]
      .filter((letter) => letter.partition === partition && letter.sequence > sequence)
      .sort((a, b) => a.sequence - b.sequence || a.row - b.row)
  }

  /** The mark with the highest time counts, of equal ones the last. */
  mark(row: JsonRow): void {
    const partition = Number(row.partition)
    const at = Date.parse(String(row.at))
    if (at < (this.split.get(partition)?.at ?? 0)) return
    this.split.set(partition, { sequence: Number(row.sequence), finished: row.finished === true, at })
  }

  /** When a partition was marked last, and the sequence of the frame that is not whole by that mark. */
  lastMark(partition: number): { readonly markedAt: number; readonly sequence: number | undefined } {
    const mark = this.split.get(partition)
    return { markedAt: mark?.at ?? 0, sequence: mark?.finished === false ? mark.sequence : undefined }
  }

  /** The highest row of a message that the store refused; 0 when there is none. */
  lastRefused(partition: number, sequence: number): number {
    const refused = (this.ofMessage.get(sequence) ?? []).filter(
      (letter) => letter.stage === "sink" && letter.partition === partition
    )
    return Math.max(0, ...refused.map(({ row }) => row))
  }
}
