// Byte search: tests of a text's UTF-8 bytes where they stand, without making a string of them.

/** Answer for `source[start, start + length)`; undefined when only the decoded text can tell. */
export type ByteTest = (source: Uint8Array, start: number, length: number) => boolean | undefined

/** ASCII letters in lower case, every other byte as it is. */
export const folded = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte))

/** Bytes of tokens: ASCII letters and digits, and all bytes beyond ASCII. */
export const inToken = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte > 127 || (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) ? 1 : 0
)

const asciiBytes = (lower: string): Uint8Array | undefined => {
  const bytes = new Uint8Array(lower.length)
  for (let i = 0; i < lower.length; i++) {
    const code = lower.charCodeAt(i)
    if (code > 127) return undefined
    bytes[i] = code
  }
  return bytes
}

/**
 * Whether a text holds a lower-cased ASCII phrase, any case, at token borders where asked for; undefined when the phrase
 * is not ASCII. Only two characters beyond ASCII have ASCII in their lower case: the Kelvin sign (k) and the capital I with
 * a dot (i and a combining dot), so a text without them is judged by its bytes.
 */
export const phraseInBytes = (phrase: string, left: boolean, right: boolean): ByteTest | undefined => {
  const wanted = asciiBytes(phrase)
  const last = phrase.length - 1
  if (wanted === undefined || last < 0 || last > 250) return undefined
  const guardLeft = left && inToken[wanted[0] as number] === 1
  const guardRight = right && inToken[wanted[last] as number] === 1
  const needsText = /[ik]/.test(phrase)
  const skips = new Uint8Array(256).fill(phrase.length)
  for (let i = 0; i < last; i++) skips[wanted[i] as number] = last - i
  return (source, start, length) => {
    const end = start + length
    let at = start + last
    // Horspool's search: the byte under the phrase's end says how far to move on.
    while (at < end) {
      const byte = folded[source[at] as number] as number
      let i = last
      while (i >= 0 && folded[source[at - last + i] as number] === wanted[i]) i--
      if (i < 0) {
        const first = at - last
        const freeLeft = !guardLeft || first === start || inToken[source[first - 1] as number] === 0
        const freeRight = !guardRight || at + 1 === end || inToken[source[at + 1] as number] === 0
        if (freeLeft && freeRight) return true
      }
      at += skips[byte] as number
    }
    return needsText && holdsFoldingCharacter(source, start, end) ? undefined : false
  }
}

/** Whether U+0130 (C4 B0) or U+212A (E2 84 AA) stands in the text. */
const holdsFoldingCharacter = (source: Uint8Array, start: number, end: number): boolean => {
  for (let i = start; i < end - 1; i++) {
    const byte = source[i] as number
    if (byte < 0xc4) continue
    if (byte === 0xc4 && source[i + 1] === 0xb0) return true
    if (byte === 0xe2 && source[i + 1] === 0x84 && source[i + 2] === 0xaa) return true
  }
  return false
}

/** Whether a text equals a lower-cased ASCII text, any case; undefined when that is not ASCII. */
export const equalInBytes = (text: string): ByteTest | undefined => {
  const wanted = asciiBytes(text)
  if (wanted === undefined || text === "") return undefined
  const size = wanted.length
  const needsText = text.includes("k")
  return (source, start, length) => {
    if (length !== size) return needsText && length > size ? undefined : false
    for (let i = 0; i < size; i++) if (folded[source[start + i] as number] !== wanted[i]) return false
    return true
  }
}
