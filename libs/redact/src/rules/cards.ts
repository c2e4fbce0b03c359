// Cards: numbers of payment cards, told from other long numbers by their maker's ranges and their check digit (ISO/IEC 7812).
import type { ScanRule, Span } from "../rule.ts"

const fewest = 13

interface Brand {
  readonly name: string
  readonly form: RegExp
}

const brands: ReadonlyArray<Brand> = [
  { name: "Visa", form: /^4(?:\d{12}|\d{15}|\d{18})$/ },
  { name: "Mastercard", form: /^(?:5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12})$/ },
  { name: "American Express", form: /^3[47]\d{13}$/ },
  { name: "Discover", form: /^6(?:011|5\d\d|4[4-9]\d)\d{12}(?:\d{3})?$/ },
  { name: "Diners Club", form: /^3(?:0[0-5]|[689]\d)\d{11}$/ },
  { name: "JCB", form: /^35(?:2[89]|[3-8]\d)\d{12}$/ },
  { name: "UnionPay", form: /^62\d{14,17}$/ },
  { name: "Maestro", form: /^(?:5018|5020|5038|6304|6759|676[1-3])\d{8,15}$/ }
]

/** Whether the last digit is the check digit of those before (Luhn). */
const passesLuhn = (digits: string): boolean => {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48
    const counted = i % 2 === 1 ? digit * 2 : digit
    sum += counted > 9 ? counted - 9 : counted
  }
  return sum % 10 === 0
}

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57

/** Whether thirteen digits stand in a row, with at most one blank or dash between two. */
const hasLongNumber = (bytes: Uint8Array, start: number, end: number): boolean => {
  // Of two neighbours in such a row one is a digit, so a look at every eighth pair meets each row of thirteen.
  for (let at = start; at < end; at += 8) {
    if (!isDigit(bytes[at] as number) && !(at + 1 < end && isDigit(bytes[at + 1] as number))) continue
    let from = at
    while (from > start && isOfNumber(bytes[from - 1] as number)) from--
    let to = at
    let digits = 0
    for (to = from; to < end && isOfNumber(bytes[to] as number); to++) if (isDigit(bytes[to] as number)) digits++
    if (digits >= fewest) return true
    at = Math.max(at, to - 8)
  }
  return false
}

const isOfNumber = (byte: number): boolean => isDigit(byte) || byte === 32 || byte === 45

const candidate = /(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-]|[.,]\d)/g

export const cardRule: ScanRule = {
  name: "payment-card",
  group: "cards",
  summary: `A card number of ${brands.map(({ name }) => name).join(", ")}, by range and check digit.`,
  mayHold: hasLongNumber,
  findAll: (text) => {
    const found: Array<Span> = []
    for (const match of text.matchAll(candidate)) {
      const digits = match[0].replace(/[ -]/g, "")
      if (!brands.some(({ form }) => form.test(digits)) || !passesLuhn(digits)) continue
      found.push(spanOfNumber(text, match.index, match.index + match[0].length))
    }
    return found
  }
}

/** A number that stands in JSON as one; what takes its place needs quotes. */
const spanOfNumber = (text: string, start: number, end: number): Span => {
  const first = text.trimStart()[0]
  const isJson = first === "{" || first === "["
  const bare =
    /[:,[]\s*$/.test(text.slice(Math.max(0, start - 4), start)) && /^\s*[,}\]]/.test(text.slice(end, end + 4))
  return isJson && bare ? { start, end, quote: 0 } : { start, end }
}
