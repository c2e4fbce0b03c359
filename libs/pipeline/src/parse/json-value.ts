// JSON values by RFC 8259, checked and stepped over without building them.

const quote = 34
const backslash = 92

/** Whether the byte is one of JSON's four white spaces. */
const isSpace = (byte: number): boolean => byte === 32 || byte === 10 || byte === 13 || byte === 9

/** The position at or behind `at` whose byte is no white space. */
export const skipSpace = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at
  while (position < end && isSpace(bytes[position])) position++
  return position
}

const isHex = (byte: number): boolean => (byte >= 48 && byte <= 57) || ((byte | 32) >= 97 && (byte | 32) <= 102)

/** The position of the quote that ends the string whose first character is at `at`, or -1; escapes are checked. */
const stringEnd = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at
  while (position < end) {
    const byte = bytes[position]
    if (byte === quote) return position
    if (byte < 32) return -1
    if (byte !== backslash) {
      position++
      continue
    }
    const kind = bytes[position + 1]
    if (kind === 117) {
      for (let i = position + 2; i < position + 6; i++) if (!isHex(bytes[i])) return -1
      position += 6
    } else if (
      kind === 34 ||
      kind === 92 ||
      kind === 47 ||
      kind === 98 ||
      kind === 102 ||
      kind === 110 ||
      kind === 114 ||
      kind === 116
    ) {
      position += 2
    } else return -1
  }
  return -1
}

const digitsEnd = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at
  while (position < end && bytes[position] >= 48 && bytes[position] <= 57) position++
  return position
}

/** The position behind the number at `at`, or -1. */
export const numberEnd = (bytes: Uint8Array, at: number, end: number): number => {
  let position = bytes[at] === 45 ? at + 1 : at
  if (position >= end) return -1
  if (bytes[position] === 48) position++
  else {
    const behind = digitsEnd(bytes, position, end)
    if (behind === position) return -1
    position = behind
  }
  if (position < end && bytes[position] === 46) {
    const behind = digitsEnd(bytes, position + 1, end)
    if (behind === position + 1) return -1
    position = behind
  }
  if (position < end && (bytes[position] | 32) === 101) {
    position++
    if (bytes[position] === 43 || bytes[position] === 45) position++
    const behind = digitsEnd(bytes, position, end)
    if (behind === position) return -1
    position = behind
  }
  return position
}

/** The position behind `true`, `false` or `null` at `at`, or -1. */
export const literalEnd = (bytes: Uint8Array, at: number, end: number): number => {
  const first = bytes[at]
  const length = first === 102 ? 5 : 4
  if (at + length > end) return -1
  if (first === 116) return bytes[at + 1] === 114 && bytes[at + 2] === 117 && bytes[at + 3] === 101 ? at + 4 : -1
  if (first === 110) return bytes[at + 1] === 117 && bytes[at + 2] === 108 && bytes[at + 3] === 108 ? at + 4 : -1
  if (first === 102) {
    return bytes[at + 1] === 97 && bytes[at + 2] === 108 && bytes[at + 3] === 115 && bytes[at + 4] === 101 ? at + 5 : -1
  }
  return -1
}

const deepest = 10_000
const open = new Uint8Array(deepest)

/** The position behind the string, number or literal at `at`, or -1. */
const scalarEnd = (bytes: Uint8Array, at: number, end: number): number => {
  if (bytes[at] !== quote) return (bytes[at] | 32) >= 97 ? literalEnd(bytes, at, end) : numberEnd(bytes, at, end)
  const closing = stringEnd(bytes, at + 1, end)
  return closing < 0 ? -1 : closing + 1
}

/** The position behind the colon of the member whose key begins at `at`, or -1. */
const memberValue = (bytes: Uint8Array, at: number, end: number): number => {
  if (at >= end || bytes[at] !== quote) return -1
  const closing = stringEnd(bytes, at + 1, end)
  if (closing < 0) return -1
  const colon = skipSpace(bytes, closing + 1, end)
  return colon < end && bytes[colon] === 58 ? skipSpace(bytes, colon + 1, end) : -1
}

/**
 * The position behind the value of any kind at `at`, or -1 when it is no JSON, breaks off, or is nested deeper than
 * 10,000. Takes no stack, so no input can exhaust it.
 */
export const valueEnd = (bytes: Uint8Array, at: number, end: number): number => {
  let position = at
  let depth = 0
  for (;;) {
    if (position >= end) return -1
    const byte = bytes[position]
    if (byte === 123 || byte === 91) {
      if (depth >= deepest) return -1
      const inside = skipSpace(bytes, position + 1, end)
      if (inside < end && bytes[inside] === byte + 2) position = inside + 1
      else {
        open[depth++] = byte + 2
        position = byte === 123 ? memberValue(bytes, inside, end) : inside
        if (position < 0) return -1
        continue
      }
    } else {
      position = scalarEnd(bytes, position, end)
      if (position < 0) return -1
    }
    for (;;) {
      if (depth === 0) return position
      position = skipSpace(bytes, position, end)
      if (position >= end) return -1
      if (bytes[position] !== open[depth - 1]) break
      depth--
      position++
    }
    if (bytes[position] !== 44) return -1
    position = skipSpace(bytes, position + 1, end)
    if (open[depth - 1] === 125) {
      position = memberValue(bytes, position, end)
      if (position < 0) return -1
    }
  }
}
