// KeyHash: 128 bits that stand for an idempotency key of one tenant and source, seeded so that nobody can aim at them.
import { createHash, randomBytes } from "node:crypto"
import { mix } from "../byte-hash.ts"

/** The hash of the last `hashKey` call, four unsigned 32-bit integers. */
export const keyHash = new Uint32Array(4)

/** The four seeds of one tenant and source. */
export type ScopeSeed = Uint32Array

/**
 * Seeds by tenant and source from a secret of this process: keys of different tenants or sources never meet, and a sender
 * cannot compute a key that meets another's.
 */
export class ScopeSeeds {
  private readonly secret = randomBytes(32)
  private readonly known = new Map<string, ScopeSeed>()

  of(tenant: string, source: string): ScopeSeed {
    const name = `${tenant} ${source}`
    let seed = this.known.get(name)
    if (seed === undefined) {
      // Anybody may publish under any source name; what is forgotten is computed again.
      if (this.known.size >= 1_024) this.known.clear()
      const digest = createHash("sha256").update(this.secret).update(name).digest()
      seed = new Uint32Array(4)
      for (let lane = 0; lane < 4; lane++) seed[lane] = digest.readUInt32LE(lane * 4)
      this.known.set(name, seed)
    }
    return seed
  }
}

const [c1, c2, c3, c4] = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93] as const

/** MurmurHash3 x86 128 (Appleby, 2011) of `source[start, end)` into `keyHash`, with a seed for each of its four lanes. */
export const hashKey = (source: Uint8Array, start: number, end: number, seed: ScopeSeed): void => {
  let h1 = seed[0] as number
  let h2 = seed[1] as number
  let h3 = seed[2] as number
  let h4 = seed[3] as number
  let at = start
  for (; at + 16 <= end; at += 16) {
    h1 = Math.imul(rotate(h1 ^ block(source, at, c1, 15, c2), 19) + h2, 5) + 0x561ccd1b
    h2 = Math.imul(rotate(h2 ^ block(source, at + 4, c2, 16, c3), 17) + h3, 5) + 0x0bcaa747
    h3 = Math.imul(rotate(h3 ^ block(source, at + 8, c3, 17, c4), 15) + h4, 5) + 0x96cd1c35
    h4 = Math.imul(rotate(h4 ^ block(source, at + 12, c4, 18, c1), 13) + h1, 5) + 0x32ac3b17
  }
  if (at < end) h1 ^= mixed(tail(source, at, end), c1, 15, c2)
  if (at + 4 < end) h2 ^= mixed(tail(source, at + 4, end), c2, 16, c3)
  if (at + 8 < end) h3 ^= mixed(tail(source, at + 8, end), c3, 17, c4)
  if (at + 12 < end) h4 ^= mixed(tail(source, at + 12, end), c4, 18, c1)
  const length = end - start
  h1 ^= length
  h2 ^= length
  h3 ^= length
  h4 ^= length
  h1 = (h1 + h2 + h3 + h4) | 0
  h2 = (h2 + h1) | 0
  h3 = (h3 + h1) | 0
  h4 = (h4 + h1) | 0
  h1 = mix(h1)
  h2 = mix(h2)
  h3 = mix(h3)
  h4 = mix(h4)
  h1 = (h1 + h2 + h3 + h4) | 0
  keyHash[0] = h1
  keyHash[1] = h2 + h1
  keyHash[2] = h3 + h1
  keyHash[3] = h4 + h1
}

const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by))

const mixed = (value: number, first: number, by: number, second: number): number =>
  Math.imul(rotate(Math.imul(value, first), by), second)

const block = (source: Uint8Array, at: number, first: number, by: number, second: number): number =>
  mixed(
    (source[at] as number) |
      ((source[at + 1] as number) << 8) |
      ((source[at + 2] as number) << 16) |
      ((source[at + 3] as number) << 24),
    first,
    by,
    second
  )

/** Up to four bytes from `at`, the missing ones 0. */
const tail = (source: Uint8Array, at: number, end: number): number => {
  let value = 0
  for (let i = Math.min(at + 4, end) - 1; i >= at; i--) value = (value << 8) | (source[i] as number)
  return value
}
