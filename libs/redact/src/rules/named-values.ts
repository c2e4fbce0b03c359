// Named values: whatever stands beside a name that says it is a secret, in JSON, key=value, headers, YAML, XML, flags and addresses.
import type { NeedleRule, Span } from "../rule.ts"

const names: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
  ["password", ["password", "passwd", "passphrase", "passwort", "pwd"]],
  ["secret", ["secret", "credential", "private_key", "private-key", "privatekey", "accountkey", "sharedaccesskey"]],
  ["api-key", ["api_key", "api-key", "apikey", "access_key", "access-key", "accesskey", "auth_key", "authkey"]],
  ["token", ["token"]],
  ["authorization", ["authorization"]]
]

/** What may follow a name and still be part of it. */
const rest = /(?:s|_?(?:id|value|text|base64|b64|hash|key))?\d{0,2}/iy
/** Between name and value; in an address the signs may be encoded. */
const separator = /(?:\\{0,63}["'`]|%22)?\s{0,4}(?:=>|:=|[:=]|%3[ad])\s{0,4}/iy
const spaces = /[ \t]{1,4}/y
const scheme = /(?:bearer|basic|token|digest|negotiate|apikey|key|aws4-hmac-sha256)[ \t]+/iy
const opening = /\\{0,63}["'`]|%22/y
const plain = /(?:(?!%26|%22|%0a)[^\s"'`<>,;&|)}\]\\]){1,4096}/iy
/** Values that tell nothing, and those that were taken out before. */
const harmless =
  /^(?:null|nil|none|undefined|true|false|yes|no|n\/a|\*+|x+|-+|\.+|%?[-{[<$(].*|\[redacted.*|redacted.*|)$/i
/** The folder that a shell works in, not a password. */
const folder = /^[/~]/
/** Prose goes on behind a colon; a secret rarely is a word in small letters. */
const word = /^[a-z][a-z'-]*[.!?]?$/
const number = /^[+-]?\d{1,12}(?:\.\d+)?$/

const readAt = (pattern: RegExp, text: string, at: number): string | undefined => {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

const endAt = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : -1
}

/** Where a quoted value ends: at the quote as it was opened, with as many backslashes before it. */
const closingOf = (text: string, open: string, from: number): number => {
  const slashes = open.length - 1
  for (let at = text.indexOf(open, from); at >= 0; at = text.indexOf(open, at + 1)) {
    if (open === "%22") return at
    let before = 0
    while (text[at - 1 - before] === "\\") before++
    if (slashes > 0 || before % 2 === 0) return at
  }
  return text.length
}

/** Where the value of the name that ends at `at` begins; -1 when the name names nothing. */
const valueStart = (text: string, nameAt: number, at: number): number => {
  const end = endAt(rest, text, at)
  const after = endAt(separator, text, end)
  if (after >= 0) return after
  let begin = nameAt
  while (begin > 0 && /[\w:.-]/.test(text[begin - 1] as string)) begin--
  if (text[end] === ">" && text[begin - 1] === "<") return end + 1
  return text.startsWith("--", begin) ? endAt(spaces, text, end) : -1
}

const isProse = (text: string, at: number): boolean => {
  // A line that begins with the name is a setting; a name within a sentence may just be one.
  const line = text.lastIndexOf("\n", at - 1) + 1
  return /\S/.test(text.slice(line, at).replace(/^\s*(?:- )?["']?[\w.-]*$/, ""))
}

/** Quoted, and nothing but a blank before it, as in a sentence: long enough to be no sign that is complained of. */
const quotedNext = /[ \t]{1,2}(\\{0,63}["'`])([^"'`\s\\]{6,512})\1/y

const findValue = (text: string, at: number, length: number): Span | undefined => {
  const found = valueStart(text, at, at + length)
  if (found < 0) {
    quotedNext.lastIndex = at + length
    const [, open = "", value = ""] = quotedNext.exec(text) ?? []
    if (harmless.test(value)) return undefined
    const end = quotedNext.lastIndex - open.length
    return { start: end - value.length, end }
  }
  if (found >= text.length) return undefined
  const start = endAt(scheme, text, found) > 0 ? endAt(scheme, text, found) : found
  const open = readAt(opening, text, start)
  if (open !== undefined) {
    const inner = endAt(scheme, text, start + open.length)
    const from = inner > 0 ? inner : start + open.length
    const end = closingOf(text, open, from)
    return harmless.test(text.slice(from, end)) ? undefined : { start: from, end }
  }
  const value = readAt(plain, text, start)
  if (value === undefined || harmless.test(value)) return undefined
  if (folder.test(value) && /^pwd$/i.test(text.slice(at, at + length))) return undefined
  if (number.test(value) && /token/i.test(text.slice(at, at + length))) return undefined
  const spaced = /\s$/.test(text.slice(found - 1, found)) && start === found
  if (spaced && (word.test(value) || number.test(value)) && isProse(text, at)) return undefined
  return { start, end: start + value.replace(/[.:]+$/, "").length, ...quoteFor(text, found) }
}

/** A bare value behind a quoted name is JSON's, and what takes its place is a text. */
const quoteFor = (text: string, at: number): { readonly quote?: number } => {
  const before = /(\\{0,63})"\s{0,4}:\s{0,4}$/.exec(text.slice(Math.max(0, at - 80), at))
  return before === null ? {} : { quote: (before[1] as string).length }
}

/** Short names are also ends of other words, such as the program chpasswd; behind a blank or a sign, or in camel case, they stand alone. */
const isWithinWord = (text: string, at: number, length: number): boolean =>
  length < 7 && at > 0 && /[A-Za-z]/.test(text[at - 1] as string) && !/[A-Z]/.test(text[at] as string)

export const namedRules: ReadonlyArray<NeedleRule> = names.map(([name, needles]) => ({
  name,
  group: "secrets",
  summary: `What stands beside ${needles.map((needle) => `"${needle}"`).join(", ")}.`,
  needles,
  find: (text, at, length) => (isWithinWord(text, at, length) ? undefined : findValue(text, at, length))
}))

/** The rule whose name a field's own name ends with, as that of `db_password` does; undefined where it tells nothing. */
export const ruleOfName = (field: string): string | undefined => {
  for (const [name, needles] of names) {
    for (const needle of needles) {
      const at = field.toLowerCase().lastIndexOf(needle)
      if (at < 0 || isWithinWord(field, at, needle.length)) continue
      if (endAt(rest, field, at + needle.length) === field.length) return name
    }
  }
  return undefined
}

/** Whether a value, beside whatever name, tells nothing. */
export const isHarmless = (value: string): boolean => harmless.test(value)
