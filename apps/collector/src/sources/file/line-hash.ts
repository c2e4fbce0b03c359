// Line hash: fingerprints of a run of lines, 32 bits each (MurmurHash3, x86 32-bit variant, by Austin Appleby).

const newline = 10

/** Calls back for each line of `bytes`, its end behind its newline; the last may lack one. Stops at false. */
export const forEachLine = (bytes: Uint8Array, visit: (start: number, end: number) => boolean): void => {
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(newline, start)
    const end = found < 0 ? bytes.length : found + 1
    if (!visit(start, end)) return
    start = end
  }
}

const mixed = (word: number): number => {
  const k = Math.imul(word, 0xcc9e2d51)
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593)
}

/** The fingerprint of `[start, end)`, over a view of all bytes. */
export const hashOf = (view: DataView, start: number, end: number): number => {
  let h = 0
  let at = start
  for (; at + 4 <= end; at += 4) {
    h ^= mixed(view.getInt32(at, true))
    h = (h << 13) | (h >>> 19)
    h = (Math.imul(h, 5) + 0xe6546b64) | 0
  }
  let rest = 0
  for (let i = end - 1; i >= at; i--) rest = (rest << 8) | view.getUint8(i)
  h ^= mixed(rest) ^ (end - start)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
