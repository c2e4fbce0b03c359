// PatternParser: reads the text of a pattern. What cannot be searched in linear time is refused with its position.
import { characterNode, escapedCharacter, escapedClass, readClass, setNode, singleByteOf } from "./character-class.ts"
import {
  anySide,
  type CapturedField,
  opposite,
  type PatternNode,
  PatternProblem,
  sideOf,
  wordBytes
} from "./pattern-node.ts"

/** How a dialect differs. */
export interface Dialect {
  /** Whether `.` takes a line feed too. */
  readonly dotTakesNewline: boolean
  /** Whether `^` and `$` stand for edges of lines rather than of the text. */
  readonly lineEdges: boolean
  /** Whether brackets nest, and whether `(?m)` is about the dot: as in Onigmo, which grok is at home in. */
  readonly onigmo: boolean
  /** What `%{...}` stands for: a name, and the field it fills; undefined when the dialect has no such names. */
  readonly reference?: (name: string, field: CapturedField | undefined, position: number) => PatternNode
}

interface Flags {
  readonly ignoreCase: boolean
  readonly dotTakesNewline: boolean
  readonly lineEdges: boolean
}

const mostRepeats = 1000
const deepest = 200

/** Reads `text` as a pattern of the dialect; throws a PatternProblem when it is none. */
export const parsePattern = (text: string, dialect: Dialect): PatternNode => new Parser(text, dialect).parse()

const noEdge = (set: Uint8Array): Uint8Array => opposite(set)
const newline = setNode((byte) => byte === 10, false)
const atLineEdge = sideOf((newline as { set: Uint8Array }).set, 1)
const atTextEdge = sideOf(new Uint8Array(256), 1)
const word = sideOf(wordBytes, 0)

const assertion = (before: Uint8Array, behind: Uint8Array): PatternNode => ({ kind: "assertion", before, behind })

const wordEdge: PatternNode = {
  kind: "choice",
  parts: [assertion(word, noEdge(word)), assertion(noEdge(word), word)]
}
const noWordEdge: PatternNode = {
  kind: "choice",
  parts: [assertion(word, word), assertion(noEdge(word), noEdge(word))]
}

class Parser {
  private at = 0
  private depth = 0
  private readonly text: string
  private readonly dialect: Dialect

  constructor(text: string, dialect: Dialect) {
    this.text = text
    this.dialect = dialect
  }

  parse(): PatternNode {
    const { dotTakesNewline, lineEdges } = this.dialect
    const node = this.choice({ ignoreCase: false, dotTakesNewline, lineEdges })
    if (this.at < this.text.length) this.refuse("a closing parenthesis without an opening one; write \\)")
    return node
  }

  private refuse(reason: string, at = this.at): never {
    throw new PatternProblem(reason, at + 1)
  }

  private takes(expected: string): boolean {
    if (!this.text.startsWith(expected, this.at)) return false
    this.at += expected.length
    return true
  }

  private choice(flags: Flags): PatternNode {
    if (++this.depth > deepest) this.refuse(`groups within each other more than ${deepest} deep`)
    const parts = [this.sequence(flags)]
    while (this.takes("|")) parts.push(this.sequence(flags))
    this.depth--
    return parts.length === 1 ? (parts[0] as PatternNode) : { kind: "choice", parts }
  }

  private sequence(outer: Flags): PatternNode {
    const parts: Array<PatternNode> = []
    let flags = outer
    for (;;) {
      const letter = this.text[this.at]
      if (letter === undefined || letter === "|" || letter === ")") break
      const changed = this.flagsAlone(flags)
      if (changed !== undefined) {
        // Flags in the middle of a sequence hold for the alternatives behind it too.
        flags = changed
        parts.push(this.choice(flags))
        continue
      }
      parts.push(this.repeats(this.atom(flags)))
    }
    return parts.length === 1 ? (parts[0] as PatternNode) : { kind: "sequence", parts }
  }

  /** Reads `(?i)` and its like. */
  private flagsAlone(flags: Flags): Flags | undefined {
    const found = /^\(\?([a-zA-Z]*)(?:-([a-zA-Z]+))?\)/.exec(this.text.slice(this.at, this.at + 24))
    if (found === null) return undefined
    const changed = this.withFlags(flags, found[1] ?? "", found[2] ?? "")
    this.at += found[0].length
    return changed
  }

  private withFlags(flags: Flags, on: string, off: string): Flags {
    let { dotTakesNewline, ignoreCase, lineEdges } = flags
    for (const [letters, value] of [
      [on, true],
      [off, false]
    ] as const) {
      for (const letter of letters) {
        if (letter === "i") ignoreCase = value
        else if (letter === "s" || (letter === "m" && this.dialect.onigmo)) dotTakesNewline = value
        else if (letter === "m") lineEdges = value
        else this.refuse(`an unknown flag ${letter}; there are i, s and m`)
      }
    }
    return { dotTakesNewline, ignoreCase, lineEdges }
  }

  private repeats(atom: PatternNode): PatternNode {
    let node = atom
    for (;;) {
      const bounds = this.bounds()
      if (bounds === undefined) return node
      const [least, most] = bounds
      const isCount = this.text[this.at - 1] === "}"
      if (this.text[this.at] === "+" && !(isCount && this.dialect.onigmo))
        this.refuse("a possessive repetition; take the + away and say in the class what must not be taken")
      const greedy = !this.takes("?")
      // What is empty is the same however often, and would make loops without bytes.
      node = node.kind === "assertion" && least > 0 ? node : { kind: "repeat", part: node, least, most, greedy }
    }
  }

  private bounds(): readonly [number, number] | undefined {
    if (this.takes("*")) return [0, Number.POSITIVE_INFINITY]
    if (this.takes("+")) return [1, Number.POSITIVE_INFINITY]
    if (this.takes("?")) return [0, 1]
    const count = /^\{(\d{0,6})(,?)(\d{0,6})\}/.exec(this.text.slice(this.at, this.at + 16))
    if (count === null || (count[1] === "" && count[3] === "")) return undefined
    const least = Number(count[1])
    const most = count[2] === "" ? least : count[3] === "" ? Number.POSITIVE_INFINITY : Number(count[3])
    if (least > mostRepeats || (most > mostRepeats && most !== Number.POSITIVE_INFINITY))
      this.refuse(`a count above ${mostRepeats}`)
    if (most < least) this.refuse("a count whose most is less than its least")
    this.at += count[0].length
    return [least, most]
  }

  private atom(flags: Flags): PatternNode {
    const letter = this.text[this.at] as string
    if (letter === "(") return this.group(flags)
    if (letter === "[") {
      const { end, node } = readClass(this.text, this.at, {
        nested: this.dialect.onigmo,
        ignoreCase: flags.ignoreCase
      })
      this.at = end
      return node
    }
    if (letter === "\\") return this.escape(flags)
    if (letter === "%" && this.dialect.reference !== undefined && this.text[this.at + 1] === "{") return this.named()
    if (letter === "*" || letter === "+" || letter === "?")
      this.refuse(`nothing in front that ${letter} could repeat; write \\${letter} for the character`)
    if (letter === ".") {
      this.at++
      return setNode((byte) => byte !== 10 || flags.dotTakesNewline, true)
    }
    if (letter === "^") {
      this.at++
      return assertion(flags.lineEdges ? atLineEdge : atTextEdge, anySide)
    }
    if (letter === "$") {
      this.at++
      return assertion(anySide, flags.lineEdges ? atLineEdge : atTextEdge)
    }
    const character = this.text.codePointAt(this.at) as number
    this.at += String.fromCodePoint(character).length
    return characterNode(character, flags.ignoreCase)
  }

  private escape(flags: Flags): PatternNode {
    const letter = this.text[this.at + 1] ?? ""
    const edge = { b: wordEdge, B: noWordEdge, A: assertion(atTextEdge, anySide), z: assertion(anySide, atTextEdge) }[
      letter
    ]
    if (edge !== undefined || letter === "Z") {
      this.at += 2
      return edge ?? assertion(anySide, atTextEdge)
    }
    const belongs = escapedClass(letter)
    if (belongs !== undefined) {
      this.at += 2
      return setNode(belongs, belongs(200))
    }
    if (/[1-9kg]/.test(letter))
      this.refuse("a reference to what a group took (it has no linear time); write what it may take again")
    const escaped = escapedCharacter(this.text, this.at)
    if (escaped === undefined)
      this.refuse(
        letter === "" ? "a backslash at the end" : `an unknown escape \\${letter}; list its characters in brackets`
      )
    this.at = escaped.end
    return characterNode(escaped.character, flags.ignoreCase)
  }

  private group(outer: Flags): PatternNode {
    const begin = this.at
    let flags = outer
    let field: CapturedField | undefined
    let look: { readonly behind: boolean; readonly negative: boolean } | undefined
    const rest = this.text.slice(begin, begin + 200)
    const name = /^\(\?(?:P?<(?![=!])([^>]+)>|'([^']+)')/.exec(rest)
    const around = /^\(\?(<?)([=!])/.exec(rest)
    const flagged = /^\(\?([a-zA-Z]*)(?:-([a-zA-Z]+))?:/.exec(rest)
    if (name !== null) {
      field = { name: name[1] ?? name[2] ?? "", type: "text" }
      this.at += name[0].length
    } else if (around !== null) {
      look = { behind: around[1] === "<", negative: around[2] === "!" }
      this.at += around[0].length
    } else if (flagged !== null) {
      flags = this.withFlags(outer, flagged[1] ?? "", flagged[2] ?? "")
      this.at += flagged[0].length
    } else if (rest.startsWith("(?#")) {
      const end = this.text.indexOf(")", begin)
      if (end < 0) this.refuse("a comment that is not closed")
      this.at = end + 1
      return { kind: "empty" }
    } else if (rest.startsWith("(?>"))
      this.refuse("an atomic group (?>...); write (?:...) and let what comes next begin with another character")
    else if (rest.startsWith("(?")) this.refuse("an unknown kind of group; there are (?:...), (?<name>...) and (?i)")
    else this.at++
    const part = this.choice(flags)
    if (!this.takes(")")) this.refuse("a parenthesis that is not closed; write \\( for the character", begin)
    if (look !== undefined) return this.lookAround(part, look, begin)
    return field === undefined ? part : { kind: "capture", field, part }
  }

  private lookAround(
    part: PatternNode,
    { behind, negative }: { readonly behind: boolean; readonly negative: boolean },
    begin: number
  ): PatternNode {
    const set = singleByteOf(part)
    if (set === undefined)
      this.refuse(
        `looking ${behind ? "behind" : "ahead"} at more than one character; look at one, or match it outside of the field`,
        begin
      )
    const side = negative ? opposite(sideOf(set, 0)) : sideOf(set, 0)
    return behind ? assertion(side, anySide) : assertion(anySide, side)
  }

  /** Reads `%{NAME:field:type}`; what follows these before the brace is ignored. */
  private named(): PatternNode {
    const begin = this.at
    const found = /^%\{([A-Za-z0-9_]+)(?::([@[\]A-Za-z0-9_.-]+)(?::([a-z]+))?)?[^}]*\}/.exec(
      this.text.slice(begin, begin + 400)
    )
    if (found === null) this.refuse("a reference that is not %{NAME}, %{NAME:field} or %{NAME:field:type}")
    const [whole, name = "", field, type] = found
    if (type !== undefined && type !== "int" && type !== "float" && type !== "string")
      this.refuse(`an unknown type ${type}; there are int and float`)
    const captured: CapturedField | undefined =
      field === undefined ? undefined : { name: field, type: type === "int" || type === "float" ? type : "text" }
    const node = this.dialect.reference?.(name, captured, begin + 1) ?? { kind: "empty" }
    this.at += whole.length
    return captured === undefined ? node : { kind: "capture", field: captured, part: node }
  }
}
