// Personal values: e-mail addresses, telephone numbers, bank accounts and numbers that states give to people.
import type { ScanRule, Span } from "../rule.ts"

const at = 64

const local = /[\w.!#$%&'*+/=?^`{|}~-]/
const domain = /@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])/y

const email: ScanRule = {
  name: "email",
  group: "personal",
  summary: "An e-mail address.",
  mayHold: (bytes, start, end) => {
    const found = bytes.indexOf(at, start)
    return found >= 0 && found < end
  },
  findAll: (text) => {
    const found: Array<Span> = []
    for (let sign = text.indexOf("@"); sign >= 0; sign = text.indexOf("@", sign + 1)) {
      domain.lastIndex = sign
      if (!domain.test(text)) continue
      const earliest = Math.max(found.at(-1)?.end ?? 0, sign - 64)
      let start = sign
      while (start > earliest && local.test(text[start - 1] as string)) start--
      while (start < sign && /[.=/?&'`{|]/.test(text[start] as string)) start++
      const cut = text.slice(start, sign).search(/[=&?][^=&?]*$/)
      if (cut >= 0) start += cut + 1
      if (start < sign) found.push({ start, end: domain.lastIndex })
    }
    return found
  }
}

/** Whether ten digits are near each other, brackets, dots, blanks and dashes between them. */
const hasDigits =
  (fewest: number) =>
  (bytes: Uint8Array, start: number, end: number): boolean => {
    let digits = 0
    let others = 0
    for (let i = start; i < end; i++) {
      const byte = bytes[i] as number
      if (byte >= 48 && byte <= 57) {
        digits++
        others = 0
        if (digits >= fewest) return true
      } else if (++others > 2) digits = 0
    }
    return false
  }

const spansOf = (text: string, pattern: RegExp, accept: (found: string) => boolean): Array<Span> =>
  Array.from(text.matchAll(pattern), (match) => ({ match, end: match.index + match[0].length }))
    .filter(({ match }) => accept(match[0]))
    .map(({ end, match }) => ({ start: match.index, end }))

const digitsOf = (text: string): string => text.replace(/\D/g, "")

const phone: ScanRule = {
  name: "phone",
  group: "personal",
  summary: "A telephone number with its country code, or as it is written in North America.",
  mayHold: hasDigits(8),
  findAll: (text) =>
    spansOf(
      text,
      /(?<![\w.+-])(?:\+[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){5,12}|\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{3}-\d{4})(?![\w-]|\.\d)/g,
      (found) => digitsOf(found).length >= 8 && digitsOf(found).length <= 15
    )
}

/** Characters of an account number by country (the registry of ISO 13616, as SWIFT publishes it). */
const ibanLengths: ReadonlyMap<string, number> = new Map(
  (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 " +
    "KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20"
  )
    .split(" ")
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))])
)

/** ISO 7064, modulus 97. */
export const isIban = (text: string): boolean => {
  const account = text.replace(/[ -]/g, "")
  if (ibanLengths.get(account.slice(0, 2)) !== account.length) return false
  let remainder = 0
  for (const character of account.slice(4) + account.slice(0, 4)) {
    const value = Number.parseInt(character, 36)
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97
  }
  return remainder === 1
}

const iban: ScanRule = {
  name: "iban",
  group: "personal",
  summary: "An international bank account number, by country, length and check digits.",
  mayHold: hasDigits(6),
  findAll: (text) => {
    const found: Array<Span> = []
    for (const match of text.matchAll(/(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?=[ A-Z0-9])/g)) {
      const length = ibanLengths.get(match[0].slice(0, 2)) ?? 0
      const whole = new RegExp(`^(?:[A-Z0-9] ?){${Math.max(length - 1, 0)}}[A-Z0-9](?![A-Za-z0-9])`).exec(
        text.slice(match.index, match.index + 48)
      )
      if (whole !== null && isIban(whole[0])) found.push({ start: match.index, end: match.index + whole[0].length })
    }
    return found
  }
}

const nationalId: ScanRule = {
  name: "national-id",
  group: "personal",
  summary: "A United States social security number or a British national insurance number.",
  mayHold: hasDigits(6),
  findAll: (text) =>
    [
      ...spansOf(text, /(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])/g, () => true),
      ...spansOf(
        text,
        /(?<![A-Za-z0-9])(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![A-Za-z0-9])/g,
        () => true
      )
    ].sort((a, b) => a.start - b.start)
}

export const personalRules: ReadonlyArray<ScanRule> = [email, phone, iban, nationalId]
