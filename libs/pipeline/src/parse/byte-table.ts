// ByteTable: byte strings interned to small integers, so that keys and words need no text objects.

/**
 * A bounded open-addressing table. Ids count from 0 in order of entry. The owner looks at `isFull` between records and
 * calls `truncate`; a table that is not asked grows its arena and stays right.
 */
export class ByteTable {
  size = 0
  private readonly limit: number
  private starts: Int32Array
  private lengths: Int32Array
  private hashes: Int32Array
  private slots: Int32Array
  private arena = new Uint8Array(4096)
  private used = 0

  constructor(limit: number) {
    this.limit = limit
    this.starts = new Int32Array(limit * 2)
    this.lengths = new Int32Array(limit * 2)
    this.hashes = new Int32Array(limit * 2)
    this.slots = new Int32Array(limit * 8).fill(-1)
  }

  /** Whether the entries or their bytes have passed what the table should hold. */
  get isFull(): boolean {
    return this.size >= this.limit || this.used > this.limit * 64
  }

  /** Id of `bytes[start, end)`, or -1 when it was never entered. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const slot = this.slotOf(bytes, start, end, hashOf(bytes, start, end))
    return this.slots[slot]
  }

  /** Id of `bytes[start, end)`, entered when new; -1 when the table can hold no more. */
  intern(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end)
    const slot = this.slotOf(bytes, start, end, hash)
    if (this.slots[slot] >= 0) return this.slots[slot]
    if (this.size >= this.starts.length) return -1
    const id = this.size++
    this.slots[slot] = id
    this.hashes[id] = hash
    this.keep(id, bytes, start, end)
    return id
  }

  /** Whether entry `id` is `bytes[start, end)`. */
  matches(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start
    if (this.lengths[id] !== length) return false
    const arena = this.arena
    const from = this.starts[id]
    for (let i = 0; i < length; i++) if (arena[from + i] !== bytes[start + i]) return false
    return true
  }

  /** The position behind the quote when `bytes` has entry `id` and then a quote at `at`; else -1. */
  quotedEnd(id: number, bytes: Uint8Array, at: number): number {
    const length = this.lengths[id]
    if (bytes[at + length] !== 34) return -1
    const arena = this.arena
    const from = this.starts[id]
    for (let i = 0; i < length; i++) if (arena[from + i] !== bytes[at + i]) return -1
    return at + length + 1
  }

  /** Code of entry `id` in a dictionary that interns bytes. */
  codeIn(id: number, dictionary: { intern(bytes: Uint8Array, start: number, end: number): number }): number {
    return dictionary.intern(this.arena, this.starts[id], this.starts[id] + this.lengths[id])
  }

  /** Forgets all entries but the first `size`. */
  truncate(size: number): void {
    this.size = size
    this.used = size === 0 ? 0 : this.starts[size - 1] + this.lengths[size - 1]
    this.slots.fill(-1)
    const mask = this.slots.length - 1
    for (let id = 0; id < size; id++) {
      const hash = this.hashes[id]
      let slot = (hash ^ (hash >>> 15)) & mask
      while (this.slots[slot] >= 0) slot = (slot + 1) & mask
      this.slots[slot] = id
    }
  }

  /** The slot of an entry, or the free slot where it would go. */
  private slotOf(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const mask = this.slots.length - 1
    let slot = (hash ^ (hash >>> 15)) & mask
    for (;;) {
      const id = this.slots[slot]
      if (id < 0 || (this.hashes[id] === hash && this.matches(id, bytes, start, end))) return slot
      slot = (slot + 1) & mask
    }
  }

  private keep(id: number, bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    if (this.used + length > this.arena.length) {
      const arena = new Uint8Array(Math.max(this.used + length, this.arena.length * 2))
      arena.set(this.arena.subarray(0, this.used))
      this.arena = arena
    }
    this.arena.set(bytes.subarray(start, end), this.used)
    this.starts[id] = this.used
    this.lengths[id] = length
    this.used += length
  }
}

const hashOf = (bytes: Uint8Array, start: number, end: number): number => {
  let hash = end - start
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + bytes[i]) | 0
  return hash
}
