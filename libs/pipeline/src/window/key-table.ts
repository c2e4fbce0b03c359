// KeyTable: numbers the keys of one open window, so that a pane's cell is an array index.
import { DictionaryColumn } from "@tailrace/domain/dictionary-column"
import type { LogBatch } from "@tailrace/domain/log-batch"
import { decodeUtf8 } from "@tailrace/domain/utf8"
import { FieldReader } from "../field-reader.ts"

/** Memo entries at most: products of dictionary sizes above it take the hash path. */
const memoLimit = 1 << 16

/** What stands in every key field of the records beyond the key limit. */
const otherKey = "(other)"

/**
 * Keys are tuples of texts: the tenant, then the `by` fields. Each column of the tuple has its own dictionary, a tuple of
 * their codes is found by open addressing, and as long as all columns are dictionaries of the batch with few entries a
 * per-batch memo goes from batch codes to the cell in one step. Beyond `limit` keys all further ones of a tenant share one
 * cell, named "(other)", so that a field of many values cannot take the memory.
 */
export class KeyTable {
  /** Number of cells. */
  size = 0
  private readonly readers: ReadonlyArray<FieldReader>
  private readonly limit: number
  private readonly dictionaries: ReadonlyArray<DictionaryColumn>
  private readonly width: number
  private tuples: Uint32Array
  private slots = new Int32Array(64).fill(-1)
  private readonly scratch: Uint32Array
  private memo = new Int32Array(0)
  private columns: ReadonlyArray<DictionaryColumn> | undefined

  constructor(by: ReadonlyArray<string>, limit: number) {
    this.readers = ["tenant", ...by].map((name) => new FieldReader(name))
    this.limit = limit
    this.width = this.readers.length
    this.dictionaries = this.readers.map(() => new DictionaryColumn(0))
    this.tuples = new Uint32Array(64 * this.width)
    this.scratch = new Uint32Array(this.width)
  }

  /** Makes ready for the rows of a batch; call again after the batch's dictionaries have grown. */
  bind(batch: LogBatch): void {
    const columns: Array<DictionaryColumn> = []
    let product = 1
    for (const reader of this.readers) {
      reader.bind(batch)
      const column = reader.dictionary(batch)
      if (column === undefined) product = Number.POSITIVE_INFINITY
      else {
        columns.push(column)
        product *= column.size
      }
    }
    this.columns = product <= memoLimit ? columns : undefined
    if (this.columns === undefined) return
    if (this.memo.length < product) this.memo = new Int32Array(product)
    this.memo.fill(-1, 0, product)
  }

  /** Cell of a row of the bound batch. */
  cellOf(row: number): number {
    const columns = this.columns
    if (columns === undefined) return this.lookUp(row)
    let index = 0
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i] as DictionaryColumn
      index = index * column.size + (column.codes[row] as number)
    }
    const known = this.memo[index] as number
    if (known >= 0) return known
    const cell = this.lookUp(row)
    this.memo[index] = cell
    return cell
  }

  /** The texts of a cell's key: the tenant, then the `by` fields in order. */
  texts(cell: number): ReadonlyArray<string> {
    return this.dictionaries.map((dictionary, i) => dictionary.text(this.tuples[cell * this.width + i] as number))
  }

  /** Cell of a key given as texts, for loading a saved window. */
  cellOfTexts(texts: ReadonlyArray<string>): number {
    for (let i = 0; i < this.width; i++) {
      this.scratch[i] = (this.dictionaries[i] as DictionaryColumn).internText(texts[i] ?? "")
    }
    return this.find(true)
  }

  private lookUp(row: number): number {
    for (let i = 0; i < this.width; i++) {
      const reader = this.readers[i] as FieldReader
      const dictionary = this.dictionaries[i] as DictionaryColumn
      const found = reader.locate(row)
      if (!found) this.scratch[i] = 0
      else if (i === 0 || this.size < this.limit) {
        this.scratch[i] = dictionary.intern(reader.bytes, reader.start, reader.end)
      } else {
        // Full: no new texts, so that a field of many values cannot take the memory.
        const known = dictionary.codeOf(decodeUtf8(reader.bytes, reader.start, reader.end))
        this.scratch[i] = known === 0 ? dictionary.internText(otherKey) : known
      }
    }
    const cell = this.find(this.size < this.limit)
    if (cell >= 0) return cell
    for (let i = 1; i < this.width; i++) {
      this.scratch[i] = (this.dictionaries[i] as DictionaryColumn).internText(otherKey)
    }
    return this.find(true)
  }

  /** Cell of the tuple in `scratch`; when there is none, a new one, or -1 where none may be added. */
  private find(add: boolean): number {
    const width = this.width
    const mask = this.slots.length - 1
    let slot = this.hashOf(this.scratch, 0) & mask
    for (;;) {
      const cell = this.slots[slot] as number
      if (cell < 0) return add ? this.insert(slot) : -1
      let i = 0
      while (i < width && this.tuples[cell * width + i] === this.scratch[i]) i++
      if (i === width) return cell
      slot = (slot + 1) & mask
    }
  }

  private insert(slot: number): number {
    const cell = this.size++
    if (this.size * this.width > this.tuples.length) {
      const tuples = new Uint32Array(this.tuples.length * 2)
      tuples.set(this.tuples)
      this.tuples = tuples
    }
    this.tuples.set(this.scratch, cell * this.width)
    this.slots[slot] = cell
    if (this.size * 2 > this.slots.length) this.rehash()
    return cell
  }

  private rehash(): void {
    this.slots = new Int32Array(this.slots.length * 2).fill(-1)
    for (let cell = 0; cell < this.size; cell++) {
      this.slots[this.freeSlot(this.hashOf(this.tuples, cell * this.width))] = cell
    }
  }

  private freeSlot(hash: number): number {
    const mask = this.slots.length - 1
    let slot = hash & mask
    while ((this.slots[slot] as number) >= 0) slot = (slot + 1) & mask
    return slot
  }

  private hashOf(source: Uint32Array, at: number): number {
    let hash = 0
    for (let i = 0; i < this.width; i++) hash = Math.imul(hash ^ (source[at + i] as number), 0x9e3779b1) ^ (hash >>> 15)
    return hash ^ (hash >>> 13)
  }
}
