// Text search: tokens, phrases and the order of texts, as ClickHouse sees them.

/** A token is a run of ASCII letters and digits and of any characters beyond ASCII (ClickHouse's splitByNonAlpha). */
const isTokenCode = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code > 127 || (code >= 65 && code <= 90)

/**
 * Whether lower-cased `text` holds lower-cased `phrase`, its first and last character at a token's border where asked
 * for. A phrase that begins or ends with no token character has its border there already.
 */
export const hasPhrase = (text: string, phrase: string, left: boolean, right: boolean): boolean => {
  const guardLeft = left && isTokenCode(phrase.charCodeAt(0))
  const guardRight = right && isTokenCode(phrase.charCodeAt(phrase.length - 1))
  for (let at = text.indexOf(phrase); at >= 0; at = text.indexOf(phrase, at + 1)) {
    const end = at + phrase.length
    const freeLeft = !guardLeft || at === 0 || !isTokenCode(text.charCodeAt(at - 1))
    const freeRight = !guardRight || end === text.length || !isTokenCode(text.charCodeAt(end))
    if (freeLeft && freeRight) return true
  }
  return false
}

/** Order of two texts by their UTF-8 bytes, which is the order of their code points. */
export const compareUtf8 = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

/** Surrogates stand for code points above all others. */
const rank = (code: number): number => (code >= 0xd800 && code <= 0xdfff ? code + 0x10000 : code)
