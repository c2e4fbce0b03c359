// KeyMemory: the newest keys that were kept, in the order they were kept, found by their hash. Bounded by their number.
import { keyHash } from "./key-hash.ts"

/**
 * A ring of slots, oldest first, and chains of slots with equal hash bits, newest first. A key kept again later has two
 * slots; the newer is found. A key takes 16 bytes of hash, 8 of time, and 8 of chains. Grows by doubling up to `most` keys, then the oldest makes room for each new one.
 */
export class KeyMemory {
  readonly most: number
  /** Keys held. */
  count = 0
  private capacity = 0
  private head = 0
  private hashes: Uint32Array = new Uint32Array(0)
  private times: Float64Array = new Float64Array(0)
  /** Next older slot of the same chain plus one; 0 ends it. */
  private next: Int32Array = new Int32Array(0)
  /** Newest slot of each chain plus one. */
  private chains: Int32Array = new Int32Array(0)

  constructor(most: number) {
    this.most = most
    this.resize(Math.min(most, 1_024))
  }

  get full(): boolean {
    return this.count >= this.most
  }

  /** Time of the newest key with the hash in `keyHash`, milliseconds since 1970; NaN when none is known. */
  timeOf(): number {
    const a = keyHash[0] as number
    const b = keyHash[1] as number
    const c = keyHash[2] as number
    const d = keyHash[3] as number
    const hashes = this.hashes
    for (let slot = this.chains[this.chainOf(a)] as number; slot > 0; slot = this.next[slot - 1] as number) {
      const at = (slot - 1) * 4
      if (hashes[at] === a && hashes[at + 1] === b && hashes[at + 2] === c && hashes[at + 3] === d)
        return this.times[slot - 1] as number
    }
    return Number.NaN
  }

  /** Takes in the key in `keyHash` as the newest; answers the time of the one that made room for it, or NaN. */
  add(time: number): number {
    let forgotten = Number.NaN
    if (this.count === this.capacity) {
      if (this.capacity < this.most) this.resize(Math.min(this.most, this.capacity * 2))
      else forgotten = this.forgetOldest()
    }
    const slot = (this.head + this.count) % this.capacity
    this.put(slot, time)
    this.link(slot)
    this.count++
    return forgotten
  }

  /**
   * Takes in keys older than all that are known, newest first, as far as there is room; `next` puts the hash of each into
   * `keyHash` and answers its time.
   */
  addOlder(keys: number, next: (index: number) => number): void {
    const taken = Math.min(keys, this.most - this.count)
    if (taken <= 0) return
    let capacity = this.capacity
    while (capacity < this.count + taken) capacity = Math.min(this.most, capacity * 2)
    if (capacity > this.capacity) this.resize(capacity)
    for (let i = 0; i < taken; i++) {
      const time = next(i)
      this.head = (this.head + this.capacity - 1) % this.capacity
      this.count++
      this.put(this.head, time)
    }
    this.relink()
  }

  private put(slot: number, time: number): void {
    for (let lane = 0; lane < 4; lane++) this.hashes[slot * 4 + lane] = keyHash[lane] as number
    this.times[slot] = time
  }

  private chainOf(hash: number): number {
    return hash & (this.chains.length - 1)
  }

  private link(slot: number): void {
    const chain = this.chainOf(this.hashes[slot * 4] as number)
    this.next[slot] = this.chains[chain] as number
    this.chains[chain] = slot + 1
  }

  /** The oldest slot is the last of its chain. */
  private forgetOldest(): number {
    const slot = this.head
    const chain = this.chainOf(this.hashes[slot * 4] as number)
    let at = this.chains[chain] as number
    if (at === slot + 1) this.chains[chain] = 0
    else {
      while (this.next[at - 1] !== slot + 1) at = this.next[at - 1] as number
      this.next[at - 1] = 0
    }
    this.head = (slot + 1) % this.capacity
    this.count--
    return this.times[slot] as number
  }

  private resize(capacity: number): void {
    const hashes = new Uint32Array(capacity * 4)
    const times = new Float64Array(capacity)
    for (let i = 0; i < this.count; i++) {
      const slot = (this.head + i) % this.capacity
      hashes.set(this.hashes.subarray(slot * 4, slot * 4 + 4), i * 4)
      times[i] = this.times[slot] as number
    }
    this.hashes = hashes
    this.times = times
    this.next = new Int32Array(capacity)
    this.chains = new Int32Array(2 ** Math.ceil(Math.log2(capacity)))
    this.capacity = capacity
    this.head = 0
    this.relink()
  }

  private relink(): void {
    this.chains.fill(0)
    for (let i = 0; i < this.count; i++) this.link((this.head + i) % this.capacity)
  }
}
