// CharacterClass: classes of characters between brackets, and those that a backslash names.
import { type ByteSet, bytesWhere, isDigitByte, isWordByte, type PatternNode, PatternProblem } from "./pattern-node.ts"

const isLetter = (byte: number): boolean => (byte | 32) >= 97 && (byte | 32) <= 122 && byte < 128
const isSmall = (byte: number): boolean => byte >= 97 && byte <= 122
const isCapital = (byte: number): boolean => byte >= 65 && byte <= 90
const isHex = (byte: number): boolean => isDigitByte(byte) || (isLetter(byte) && (byte | 32) <= 102)
const isSpace = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 13)
const isGraph = (byte: number): boolean => byte > 32 && byte < 127

const named: Readonly<Record<string, (byte: number) => boolean>> = {
  alnum: (byte) => isLetter(byte) || isDigitByte(byte),
  alpha: isLetter,
  ascii: (byte) => byte < 128,
  blank: (byte) => byte === 32 || byte === 9,
  cntrl: (byte) => byte < 32 || byte === 127,
  digit: isDigitByte,
  graph: isGraph,
  lower: isSmall,
  print: (byte) => isGraph(byte) || byte === 32,
  punct: (byte) => isGraph(byte) && !isLetter(byte) && !isDigitByte(byte),
  space: isSpace,
  upper: isCapital,
  word: isWordByte,
  xdigit: isHex
}

/** Classes that letters outside ASCII belong to in Onigmo; here all characters outside do. */
const wideNames: ReadonlySet<string> = new Set(["alnum", "alpha", "graph", "print", "word"])

const byLetter: Readonly<Record<string, (byte: number) => boolean>> = {
  d: isDigitByte,
  w: isWordByte,
  s: isSpace,
  h: isHex
}

/** The class that a backslash and `letter` name, undefined when none: `\d` and its like, capitals for all others. */
export const escapedClass = (letter: string): ((byte: number) => boolean) | undefined => {
  const belongs = byLetter[letter.toLowerCase()]
  if (belongs === undefined || letter === letter.toLowerCase()) return belongs
  return (byte) => !belongs(byte)
}

const controls: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, f: 12, v: 11, a: 7, e: 27, "0": 0 }

/** The character that stands behind the backslash at `at` and where it ends; undefined when it names none. */
export const escapedCharacter = (
  text: string,
  at: number
): { readonly character: number; readonly end: number } | undefined => {
  const letter = text[at + 1] ?? ""
  const hex = /^(?:x\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))/.exec(text.slice(at + 1, at + 10))
  if (hex !== null) {
    const character = Number.parseInt(hex[1] ?? hex[2] ?? hex[3] ?? "", 16)
    return character > 0x10ffff ? undefined : { character, end: at + 1 + hex[0].length }
  }
  const control = controls[letter]
  if (control !== undefined) return { character: control, end: at + 2 }
  const character = text.codePointAt(at + 1)
  if (character === undefined || /[0-9A-Za-z]/.test(letter)) return undefined
  return { character, end: at + 1 + String.fromCodePoint(character).length }
}

/** Members of a class: ASCII ones, single ones outside, and whether all outside belong. */
interface Members {
  readonly ascii: Uint8Array
  readonly others: Set<number>
  wide: boolean
}

const mostOthers = 512

const addClass = (members: Members, belongs: (byte: number) => boolean): void => {
  for (let byte = 0; byte < 128; byte++) if (belongs(byte)) members.ascii[byte] = 1
  if (belongs(200)) members.wide = true
}

const addRange = (members: Members, from: number, to: number, at: number): void => {
  if (to < from) throw new PatternProblem("a range of characters ends before it begins", at + 1)
  for (let character = from; character <= Math.min(to, 127); character++) members.ascii[character] = 1
  if (from <= 128 && to >= 0xffff) members.wide = true
  else {
    if (to - Math.max(from, 128) > mostOthers)
      throw new PatternProblem(
        `a range of more than ${mostOthers} characters outside ASCII; write \\x{80}-\\x{10ffff} for all of them`,
        at + 1
      )
    for (let character = Math.max(from, 128); character <= to; character++) members.others.add(character)
  }
}

/** Reads the class whose bracket stands at `at`. `nested`: whether a bracket in it begins a class within, as in Onigmo. */
const readMembers = (
  text: string,
  at: number,
  nested: boolean
): { readonly members: Members; readonly end: number } => {
  const members: Members = { ascii: new Uint8Array(128), others: new Set(), wide: false }
  let position = at + 1
  const negated = text[position] === "^"
  if (negated) position++
  for (let first = true; ; first = false) {
    const letter = text[position]
    if (letter === undefined)
      throw new PatternProblem("a bracket that is not closed; write \\[ for the character", at + 1)
    if (letter === "]" && !first) break
    const posix = letter === "[" ? /^\[:(\^?)([a-z]+):\]/.exec(text.slice(position, position + 16)) : null
    if (posix !== null) {
      const belongs = named[posix[2] ?? ""]
      if (belongs === undefined) throw new PatternProblem(`an unknown class ${posix[0]}`, position + 1)
      const isWide = nested && wideNames.has(posix[2] ?? "")
      const all = (byte: number): boolean => belongs(byte) || (isWide && byte >= 128)
      addClass(members, posix[1] === "^" ? (byte) => !all(byte) : all)
      position += posix[0].length
    } else if (letter === "[" && nested) {
      const inner = readMembers(text, position, nested)
      for (let byte = 0; byte < 128; byte++) if (inner.members.ascii[byte] === 1) members.ascii[byte] = 1
      for (const other of inner.members.others) members.others.add(other)
      members.wide ||= inner.members.wide
      position = inner.end
    } else if (letter === "&" && nested && text[position + 1] === "&") {
      throw new PatternProblem("an intersection of classes (&&); write the characters that belong", position + 1)
    } else position = readMember(text, position, members)
  }
  return { members: negated ? negate(members, at) : members, end: position + 1 }
}

/** Reads one character, range or named class; answers where it ends. */
const readMember = (text: string, at: number, members: Members): number => {
  const belongs = text[at] === "\\" ? escapedClass(text[at + 1] ?? "") : undefined
  if (belongs !== undefined) {
    addClass(members, belongs)
    return at + 2
  }
  const from = memberAt(text, at)
  if (text[from.end] !== "-" || text[from.end + 1] === "]" || text[from.end + 1] === undefined) {
    addRange(members, from.character, from.character, at)
    return from.end
  }
  if (text[from.end + 1] === "\\" && escapedClass(text[from.end + 2] ?? "") !== undefined) {
    addRange(members, from.character, from.character, at)
    addRange(members, 45, 45, at)
    return from.end + 1
  }
  const to = memberAt(text, from.end + 1)
  addRange(members, from.character, to.character, at)
  return to.end
}

const memberAt = (text: string, at: number): { readonly character: number; readonly end: number } => {
  if (text[at] === "\\") {
    if (text[at + 1] === "b") return { character: 8, end: at + 2 }
    const escaped = escapedCharacter(text, at)
    if (escaped === undefined)
      throw new PatternProblem(`an unknown escape \\${text[at + 1] ?? ""} in brackets; list its characters`, at + 1)
    return escaped
  }
  const character = text.codePointAt(at) ?? 0
  return { character, end: at + String.fromCodePoint(character).length }
}

const negate = (members: Members, at: number): Members => {
  if (members.others.size > 0)
    throw new PatternProblem("a negated class that names characters outside ASCII; name ASCII ones only", at + 1)
  return { ascii: members.ascii.map((belongs) => 1 - belongs), others: new Set(), wide: !members.wide }
}

/** A node for bytes of `set` of ASCII, and for all other characters when `wide`. */
export const setNode = (ascii: (byte: number) => boolean, wide: boolean): PatternNode => ({
  kind: "set",
  set: bytesWhere((byte) => (byte < 128 ? ascii(byte) : wide)),
  wide
})

const asciiNodes = new Map<number, PatternNode>()

/** A node for one character. */
export const characterNode = (character: number, ignoreCase: boolean): PatternNode => {
  const key = ignoreCase ? 256 + character : character
  const known = character < 128 ? asciiNodes.get(key) : undefined
  if (known !== undefined) return known
  const node = madeCharacter(character, ignoreCase)
  if (character < 128) asciiNodes.set(key, node)
  return node
}

const madeCharacter = (character: number, ignoreCase: boolean): PatternNode => {
  if (character < 128) {
    const other = ignoreCase && isLetter(character) ? character ^ 32 : character
    return setNode((byte) => byte === character || byte === other, false)
  }
  const bytes = [...Buffer.from(String.fromCodePoint(character))]
  return {
    kind: "sequence",
    parts: bytes.map((wanted) => ({ kind: "set", set: bytesWhere((byte) => byte === wanted), wide: false }))
  }
}

/** Reads the class whose bracket stands at `at`. */
export const readClass = (
  text: string,
  at: number,
  options: { readonly nested: boolean; readonly ignoreCase: boolean }
): { readonly node: PatternNode; readonly end: number } => {
  const { end, members } = readMembers(text, at, options.nested)
  const { ascii, others, wide } = members
  const belongs = (byte: number): boolean =>
    ascii[byte] === 1 || (options.ignoreCase && isLetter(byte) && ascii[byte ^ 32] === 1)
  const node = setNode(belongs, wide)
  if (wide || others.size === 0) return { node, end }
  return {
    node: { kind: "choice", parts: [node, ...[...others].map((other) => characterNode(other, false))] },
    end
  }
}

/** The bytes of a node that is one byte long, for looking around; undefined when it may be longer or is empty. */
export const singleByteOf = (node: PatternNode): ByteSet | undefined => {
  if (node.kind === "set") return node.set
  if (node.kind === "sequence" && node.parts.length === 1) return singleByteOf(node.parts[0] as PatternNode)
  // Whether one stands there is whether one or more do.
  if (node.kind === "repeat" && node.least === 1) return singleByteOf(node.part)
  if (node.kind !== "choice") return undefined
  const sets = node.parts.map(singleByteOf)
  if (sets.some((set) => set === undefined)) return undefined
  return bytesWhere((byte) => sets.some((set) => set?.[byte] === 1))
}
