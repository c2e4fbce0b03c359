// JsonValidator: checks JSON texts byte by byte (RFC 8259) without building values.

/** Positions are byte offsets. Nesting deeper than `maxDepth` is refused, so input cannot grow the stack. */
export class JsonValidator {
  /** Where the last text broke, and what is wrong there. */
  errorAt = 0
  problem = ""
  private bytes: Uint8Array = new Uint8Array(0)
  private end = 0
  /** Closing bracket awaited at each depth. */
  private readonly closers: Uint8Array

  constructor(maxDepth = 512) {
    this.closers = new Uint8Array(maxDepth)
  }

  /** Checks one value that begins at `start` (no space before it); answers the position behind it, or -1. */
  value(bytes: Uint8Array, start: number, end: number): number {
    this.bytes = bytes
    this.end = end
    const { closers } = this
    let depth = 0
    let at = start
    for (;;) {
      const byte = at < end ? bytes[at] : -1
      if (byte === openBrace || byte === openBracket) {
        if (depth === closers.length) return this.fail(at, `nested deeper than ${closers.length} levels`)
        closers[depth++] = byte + 2
        at = skipSpace(bytes, at + 1, end)
        if (bytes[at] !== byte + 2 || at >= end) {
          if (byte === openBracket) continue
          at = this.key(at)
          if (at < 0) return -1
          continue
        }
        at++
        depth--
      } else if (byte === quote) {
        const closing = plainEnd(bytes, at + 1)
        at = bytes[closing] === quote && closing < end ? closing + 1 : this.string(at)
        if (at < 0) return -1
      } else {
        at = this.scalar(at, byte)
        if (at < 0) return -1
      }
      // After a value: close what ends here, or go on to the next member.
      for (;;) {
        if (depth === 0) return at
        at = skipSpace(bytes, at, end)
        const closer = closers[depth - 1]
        if (at < end && bytes[at] === comma) {
          at = skipSpace(bytes, at + 1, end)
          if (closer === openBracket + 2) break
          const closing = bytes[at] === quote ? plainEnd(bytes, at + 1) : at
          // The usual case at once; whatever else comes is looked at byte by byte.
          at =
            bytes[closing] === quote && bytes[closing + 1] === colon && closing > at && closing + 1 < end
              ? skipSpace(bytes, closing + 2, end)
              : this.key(at)
          if (at < 0) return -1
          break
        }
        if (at >= end || bytes[at] !== closer) return this.unexpected(at, `"," or "${String.fromCharCode(closer)}"`)
        at++
        depth--
      }
    }
  }

  /** Notes a problem; answers -1. */
  fail(at: number, problem: string): -1 {
    this.errorAt = at
    this.problem = problem
    return -1
  }

  /** Notes that something else stands where `wanted` should; answers -1. */
  unexpected(at: number, wanted: string): -1 {
    return this.fail(
      at,
      at >= this.end ? `text ends where ${wanted} should come` : `expected ${wanted}, found ${show(this.bytes[at])}`
    )
  }

  /** A member's name and colon; answers where its value begins, or -1. */
  private key(at: number): number {
    if (at >= this.end || this.bytes[at] !== quote) return this.unexpected(at, "a member name in double quotes")
    const behind = this.string(at)
    if (behind < 0) return -1
    const colonAt = skipSpace(this.bytes, behind, this.end)
    if (colonAt >= this.end || this.bytes[colonAt] !== colon) return this.unexpected(colonAt, '":"')
    return skipSpace(this.bytes, colonAt + 1, this.end)
  }

  private scalar(at: number, byte: number): number {
    if (byte === quote) return this.string(at)
    if (byte === minus || isDigit(byte)) return this.number(at)
    if (byte === 116) return this.word(at, trueWord)
    if (byte === 102) return this.word(at, falseWord)
    if (byte === 110) return this.word(at, nullWord)
    return this.unexpected(at, "a value")
  }

  private word(at: number, word: Uint8Array): number {
    for (let i = 0; i < word.length; i++) {
      if (at + i >= this.end || this.bytes[at + i] !== word[i]) return this.unexpected(at + i, "true, false or null")
    }
    return at + word.length
  }

  private string(at: number): number {
    const { bytes, end } = this
    let position = at + 1
    while (position < end) {
      const byte = bytes[position]
      if (byte === quote) return position + 1
      if (byte < 32) return this.fail(position, `control character ${show(byte)} in a string, escape it`)
      if (byte !== backslash) {
        position++
        continue
      }
      const escaped = position + 1 < end ? bytes[position + 1] : -1
      if (escaped === 117) {
        for (let i = 2; i < 6; i++) {
          if (position + i >= end || !isHex(bytes[position + i])) {
            return this.unexpected(position + i, "four hexadecimal digits")
          }
        }
        position += 6
      } else if (escaped >= 0 && simpleEscapes.includes(escaped)) position += 2
      else return this.unexpected(position + 1, 'an escape (one of "\\/bfnrtu)')
    }
    return this.fail(end, "text ends inside a string")
  }

  private number(at: number): number {
    const { bytes, end } = this
    const first = bytes[at] === minus ? at + 1 : at
    let position = first < end && bytes[first] === zero ? first + 1 : digitsEnd(bytes, first, end)
    if (position === first) return this.unexpected(position, "a digit")
    if (position < end && isDigit(bytes[position])) return this.fail(position, "a number must not begin with 0")
    if (position < end && bytes[position] === dot) {
      const fraction = position + 1
      position = digitsEnd(bytes, fraction, end)
      if (position === fraction) return this.unexpected(position, "a digit")
    }
    if (position < end && (bytes[position] | 32) === 101) {
      position++
      if (position < end && (bytes[position] === plus || bytes[position] === minus)) position++
      const exponent = position
      position = digitsEnd(bytes, exponent, end)
      if (position === exponent) return this.unexpected(position, "a digit")
    }
    return position
  }
}

const digitsEnd = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at
  while (position < end && isDigit(bytes[position])) position++
  return position
}

/**
 * Position of the first byte from `at` that does not stand for itself in a string: its end, an escape, a control character.
 * Goes on over any limit, so that a byte costs nothing but itself: up to the next line break at the latest.
 */
const plainEnd = (bytes: Uint8Array, at: number): number => {
  let position = at
  let byte = bytes[position]
  // Behind the last byte there is undefined, which is not at least 32.
  while (byte >= 32 && byte !== quote && byte !== backslash) byte = bytes[++position]
  return position
}

/** Position of the first byte from `at` that is no JSON white space. */
export const skipSpace = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at
  while (position < end) {
    const byte = bytes[position]
    if (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) break
    position++
  }
  return position
}

const quote = 34
const plus = 43
const comma = 44
const minus = 45
const dot = 46
const zero = 48
const colon = 58
const openBracket = 91
const backslash = 92
const openBrace = 123
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const trueWord = bytesOf("true")
const falseWord = bytesOf("false")
const nullWord = bytesOf("null")
const simpleEscapes = bytesOf('"\\/bfnrt')
const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57
const isHex = (byte: number): boolean => isDigit(byte) || ((byte | 32) >= 97 && (byte | 32) <= 102)
const show = (byte: number): string =>
  byte > 32 && byte < 127 ? `"${String.fromCharCode(byte)}"` : `byte 0x${byte.toString(16).padStart(2, "0")}`
