// NumberBytes: decimal numbers read from bytes.

/**
 * The decimal number `source[start, end)` (sign, digits, fraction, exponent), or NaN when the bytes are anything else.
 * Plain numbers of at most 15 digits are read digit by digit and exactly; longer ones go through the runtime's parser.
 */
export const numberOf = (source: Uint8Array, start: number, end: number): number => {
  let at = start
  const negative = source[at] === 45
  if (negative) at++
  if (at >= end || end - at > 16) return slowNumberOf(source, start, end)
  let value = 0
  let scale = 0
  let digits = 0
  for (; at < end; at++) {
    const byte = source[at] as number
    if (byte >= 48 && byte <= 57) {
      value = value * 10 + (byte - 48)
      digits++
      if (scale > 0) scale *= 10
    } else if (byte === 46 && scale === 0) scale = 1
    else return slowNumberOf(source, start, end)
  }
  if (digits === 0 || digits > 15) return slowNumberOf(source, start, end)
  if (scale > 1) value /= scale
  return negative ? -value : value
}

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/

const slowNumberOf = (source: Uint8Array, start: number, end: number): number => {
  const length = end - start
  if (length === 0 || length > 64) return Number.NaN
  let text = ""
  for (let i = start; i < end; i++) text += String.fromCharCode(source[i] as number)
  return numberOfText(text)
}

/** The decimal number a text is, or NaN when it is anything else. */
export const numberOfText = (text: string): number => {
  if (!decimal.test(text)) return Number.NaN
  const value = Number(text)
  return Number.isFinite(value) ? value : Number.NaN
}
