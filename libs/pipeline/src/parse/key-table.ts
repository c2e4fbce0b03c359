// KeyTable: the keys of records, interned, with their role and their code in the batch at hand.
import type { DictionaryColumn } from "@tailrace/domain/dictionary-column"
import { decodeUtf8, encodeUtf8 } from "@tailrace/domain/utf8"
import { ByteTable } from "./byte-table.ts"
import { longestRoleKey, roleAndRankOf } from "./field-roles.ts"

const keyLimit = 4096
const predictedPositions = 64

/** Interned keys. Records of one source repeat their keys in order, so each position remembers its last key. */
export class KeyTable {
  /** Role and rank of each key; see `roleAndRankOf`. */
  readonly roleAndRank = new Uint16Array(keyLimit * 2)
  /** Number of the last record that had the key, and where in its attributes: finds duplicates without a search. */
  readonly seenInRecord = new Int32Array(keyLimit * 2)
  readonly seenAt = new Int32Array(keyLimit * 2)
  /** Changes whenever keys are forgotten: ids of another generation mean nothing. */
  generation = 1
  private readonly table = new ByteTable(keyLimit)
  private readonly codes = new Int32Array(keyLimit * 2)
  private readonly codeEpochs = new Int32Array(keyLimit * 2)
  private readonly predicted = new Int32Array(predictedPositions).fill(-1)
  private fixed = 0
  private epoch = 1

  constructor() {
    // Id 0 is the empty key: it stands for "no key" where a codec's format itself says what a text is.
    this.fix("")
  }

  /** Enters a key that stays for ever; call before any record. */
  fix(key: string): number {
    const bytes = encodeUtf8(key)
    const id = this.intern(bytes, 0, bytes.length)
    this.fixed = this.table.size
    return id
  }

  /** Id of the key `bytes[start, end)` standing as the `position`th of its record; -1 when no more keys fit. */
  at(position: number, bytes: Uint8Array, start: number, end: number): number {
    if (position >= predictedPositions) return this.intern(bytes, start, end)
    const guess = this.predicted[position]
    if (guess >= 0 && this.table.matches(guess, bytes, start, end)) return guess
    const id = this.intern(bytes, start, end)
    this.predicted[position] = id
    return id
  }

  /** The position behind the quote when `bytes` has key `id` and then a quote at `at`; else -1. */
  quotedEnd(id: number, bytes: Uint8Array, at: number): number {
    return this.table.quotedEnd(id, bytes, at)
  }

  intern(bytes: Uint8Array, start: number, end: number): number {
    const known = this.table.size
    const id = this.table.intern(bytes, start, end)
    if (id === known) {
      this.roleAndRank[id] = end - start > longestRoleKey ? 0 : roleAndRankOf(decodeUtf8(bytes, start, end))
      this.seenInRecord[id] = 0
      this.codeEpochs[id] = 0
    }
    return id
  }

  /** Forgets all but the fixed keys when the table is full; call between records. */
  makeRoom(): void {
    if (!this.table.isFull) return
    this.table.truncate(this.fixed)
    this.generation++
    this.predicted.fill(-1)
  }

  /** Lets the numbers of records begin again; answers the first. */
  restartNumbers(): number {
    this.seenInRecord.fill(0)
    return 1
  }

  /** Forgets the codes of keys: call when the batch, or what its dictionary holds, may have changed. */
  forgetCodes(): void {
    this.epoch++
  }

  /** Code of key `id` in the key dictionary of the batch. */
  codeOf(id: number, dictionary: DictionaryColumn): number {
    if (this.codeEpochs[id] === this.epoch) return this.codes[id]
    const code = this.table.codeIn(id, dictionary)
    this.codes[id] = code
    this.codeEpochs[id] = this.epoch
    return code
  }
}
