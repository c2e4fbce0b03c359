// PairList: the key and value pairs of each row of a batch (attributes, resource attributes).
import { DictionaryColumn } from "./dictionary-column.ts"
import { TextColumn } from "./text-column.ts"
import { encodeUtf8 } from "./utf8.ts"

/**
 * Pairs of all rows in parallel arrays, linked per row, so that a later stage may add a pair to any row without moving
 * the others. Pair p of a row: key `keys.codes[p]`, value `values` row p, next pair of the same row `next[p]` (-1 ends).
 * Keys of one row are unique when written by `set`; `append` does not look and is for parsers that know.
 */
export class PairList {
  /** First pair of each row plus one; 0 when the row has none. */
  first: Uint32Array
  /** Last pair of each row plus one; 0 when the row has none. */
  last: Uint32Array
  /** Next pair of the same row plus one; 0 ends the row. */
  next: Uint32Array
  readonly keys: DictionaryColumn
  readonly values: TextColumn
  /** Number of pairs of all rows. */
  count = 0

  constructor(capacity: number) {
    this.first = new Uint32Array(capacity)
    this.last = new Uint32Array(capacity)
    const pairs = Math.max(16, capacity * 2)
    this.next = new Uint32Array(pairs)
    this.keys = new DictionaryColumn(pairs)
    this.values = new TextColumn(pairs)
  }

  /** Adds a pair to `row` from bytes, without looking for an equal key. */
  append(
    row: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number
  ): void {
    this.appendCode(row, this.keys.intern(key, keyStart, keyEnd), value, valueStart, valueEnd)
  }

  /** Adds a pair to `row` under a key code of `keys`, without looking for an equal key. */
  appendCode(row: number, keyCode: number, value: Uint8Array, valueStart: number, valueEnd: number): void {
    this.values.put(this.link(row, keyCode), value, valueStart, valueEnd)
  }

  /** Links `count` new pairs to `row`, which has none; the caller sets their key codes and values next. */
  linkAll(row: number, count: number): void {
    if (count === 0) return
    const from = this.count
    while (from + count > this.next.length) this.growPairs(Math.ceil(this.next.length * 1.5))
    for (let pair = from; pair < from + count - 1; pair++) this.next[pair] = pair + 2
    this.next[from + count - 1] = 0
    this.first[row] = from + 1
    this.last[row] = from + count
    this.count = from + count
  }

  /** Links a new pair to `row` and answers its index; the caller puts its value into `values` next. */
  link(row: number, keyCode: number): number {
    const pair = this.count++
    if (pair >= this.next.length) this.growPairs(Math.ceil(this.next.length * 1.5))
    this.keys.codes[pair] = keyCode
    this.next[pair] = 0
    const last = this.last[row] as number
    if (last === 0) this.first[row] = pair + 1
    else this.next[last - 1] = pair + 1
    this.last[row] = pair + 1
    return pair
  }

  /**
   * Links `count` new pairs to `row`, one behind the other, and answers the index of the first; the caller sets the code
   * in `keys.codes` and the value in `values` of each next.
   */
  linkRun(row: number, count: number): number {
    const begin = this.count
    const end = begin + count
    while (end > this.next.length) this.growPairs(Math.ceil(this.next.length * 1.5))
    const { last, next } = this
    for (let pair = begin + 1; pair < end; pair++) next[pair - 1] = pair + 1
    next[end - 1] = 0
    const before = last[row] as number
    if (before === 0) this.first[row] = begin + 1
    else next[before - 1] = begin + 1
    last[row] = end
    this.count = end
    return begin
  }

  /** Sets a pair of `row`, replacing the value of an equal key. */
  set(row: number, key: string, value: string): void {
    const code = this.keys.internText(key)
    const bytes = encodeUtf8(value)
    const pair = this.pairOf(row, code)
    if (pair >= 0) this.values.put(pair, bytes, 0, bytes.length)
    else this.appendCode(row, code, bytes, 0, bytes.length)
  }

  /** Pair of `row` under a key code, or -1. The last of several equal keys wins, as in a JSON object. */
  pairOf(row: number, keyCode: number): number {
    let found = -1
    for (let pair = (this.first[row] as number) - 1; pair >= 0; pair = (this.next[pair] as number) - 1) {
      if (this.keys.codes[pair] === keyCode) found = pair
    }
    return found
  }

  /** Value of a key of `row`, or undefined. */
  get(row: number, key: string): string | undefined {
    let found: string | undefined
    for (let pair = (this.first[row] as number) - 1; pair >= 0; pair = (this.next[pair] as number) - 1) {
      if (this.keys.textAt(pair) === key) found = this.values.text(pair)
    }
    return found
  }

  /** Removes the pairs of `row` under a key code; true when there was one. Their bytes stay in the arena until reset. */
  remove(row: number, keyCode: number): boolean {
    let removed = false
    let kept = 0
    for (let pair = this.first[row] as number; pair !== 0; pair = this.next[pair - 1] as number) {
      if (this.keys.codes[pair - 1] === keyCode) {
        removed = true
        if (kept === 0) this.first[row] = this.next[pair - 1] as number
        else this.next[kept - 1] = this.next[pair - 1] as number
      } else kept = pair
    }
    this.last[row] = kept
    return removed
  }

  /** Pairs of a row as an object with no prototype, so that no key can reach Object's own. */
  object(row: number): Record<string, string> {
    const target: Record<string, string> = Object.create(null)
    for (let pair = (this.first[row] as number) - 1; pair >= 0; pair = (this.next[pair] as number) - 1) {
      target[this.keys.textAt(pair)] = this.values.text(pair)
    }
    return target
  }

  /** Number of pairs of a row. */
  countOf(row: number): number {
    let count = 0
    for (let pair = this.first[row] as number; pair !== 0; pair = this.next[pair - 1] as number) count++
    return count
  }

  grow(capacity: number): void {
    const first = new Uint32Array(capacity)
    first.set(this.first)
    this.first = first
    const last = new Uint32Array(capacity)
    last.set(this.last)
    this.last = last
  }

  reset(rows: number): void {
    this.first.fill(0, 0, rows)
    this.last.fill(0, 0, rows)
    this.keys.reset(this.count)
    this.values.reset(this.count)
    this.count = 0
  }

  private growPairs(capacity: number): void {
    const next = new Uint32Array(capacity)
    next.set(this.next)
    this.next = next
    this.keys.grow(capacity)
    this.values.grow(capacity)
  }
}
