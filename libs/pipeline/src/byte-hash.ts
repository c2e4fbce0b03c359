// ByteHash: a 64-bit hash of bytes in two 32-bit halves, the same on every machine; for sampling and distinct counts.

/** Upper half of the last `hashBytes` call, an unsigned 32-bit integer. */
export let hashHigh = 0
/** Lower half of the last `hashBytes` call, an unsigned 32-bit integer. */
export let hashLow = 0

/**
 * Hashes `source[start, end)` into `hashHigh` and `hashLow`: two multiplicative lanes, each finished by the 32-bit
 * finalizer of MurmurHash3 (Appleby, 2011) mixed with the other lane. Not for adversaries.
 */
export const hashBytes = (source: Uint8Array, start: number, end: number, seed = 0): void => {
  let a = 0xdeadbeef ^ seed
  let b = 0x41c6ce57 ^ seed
  for (let i = start; i < end; i++) {
    const byte = source[i] as number
    a = Math.imul(a ^ byte, 2654435761)
    b = Math.imul(b ^ byte, 1597334677)
  }
  const length = end - start
  finish(a ^ length, b ^ length)
}

/** Hashes three integers (each below 2^53, 2^32 and 2^32) into `hashHigh` and `hashLow`; the identity of a record. */
export const hashNumbers = (first: number, second: number, third: number): void => {
  const low = first >>> 0
  const high = Math.floor(first / 4294967296) >>> 0
  let a = Math.imul(0xdeadbeef ^ low, 2654435761)
  let b = Math.imul(0x41c6ce57 ^ low, 1597334677)
  a = Math.imul(a ^ (a >>> 15) ^ high, 2246822507)
  b = Math.imul(b ^ (b >>> 13) ^ high, 3266489909)
  a = Math.imul(a ^ (a >>> 15) ^ second, 2654435761)
  b = Math.imul(b ^ (b >>> 13) ^ second, 1597334677)
  a = Math.imul(a ^ (a >>> 15) ^ third, 2246822507)
  b = Math.imul(b ^ (b >>> 13) ^ third, 3266489909)
  finish(a, b)
}

const finish = (a: number, b: number): void => {
  const x = mix(a ^ Math.imul(b, 3266489909))
  const y = mix(b ^ Math.imul(x, 2246822507))
  hashHigh = x >>> 0
  hashLow = y >>> 0
}

/** The 32-bit finalizer of MurmurHash3. */
export const mix = (value: number): number => {
  let h = value ^ (value >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return h ^ (h >>> 16)
}
