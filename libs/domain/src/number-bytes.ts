// NumberBytes: what a number is wherever a text is read as one: in queries, their SQL, metrics and derived fields.

/**
 * The whole text of a number, as RE2 and JavaScript read it alike: decimal digits with an optional minus, fraction and
 * exponent, as JSON writes numbers (zeros may lead). "+2", ".5", "5.", "0x10", " 7 " and "NaN" are texts.
 */
export const numberPattern = "^-?[0-9]{1,32}(\\.[0-9]{1,32})?([eE][+-]?[0-9]{1,2})?$"
const numberText = new RegExp(numberPattern)
const longestNumber = 80

/** The number that a text is, or NaN. */
export const numberOfText = (text: string): number => (numberText.test(text) ? Number(text) : Number.NaN)

const powersOfTen = Array.from({ length: 16 }, (_, power) => 10 ** power)

/**
 * The number that the bytes of a text spell, or NaN. Up to 15 digits are read here exactly (one rounding, in the division);
 * longer ones and exponents by way of the text.
 */
export const numberInBytes = (source: Uint8Array, start: number, length: number): number => {
  const end = start + length
  const from = source[start] === 45 ? start + 1 : start
  if (length === 0) return Number.NaN
  if (end - from > 16) return numberOfText(latin1(source, start, end))
  let digits = 0
  let point = -1
  for (let i = from; i < end; i++) {
    const byte = source[i] as number
    if (byte >= 48 && byte <= 57) digits = digits * 10 + (byte - 48)
    else if (byte === 46 && point < 0 && i > from && i < end - 1) point = i
    else if (byte === 69 || byte === 101) return numberOfText(latin1(source, start, end))
    else return Number.NaN
  }
  if (from === end) return Number.NaN
  if (point < 0 && end - from > 15) return numberOfText(latin1(source, start, end))
  const value = point < 0 ? digits : digits / (powersOfTen[end - point - 1] as number)
  return from > start ? -value : value
}

/** Numbers are ASCII; a byte that is not becomes a character that no number has. */
const latin1 = (source: Uint8Array, start: number, end: number): string => {
  if (end - start > longestNumber) return ""
  let text = ""
  for (let i = start; i < end; i++) text += String.fromCharCode(source[i] as number)
  return text
}
