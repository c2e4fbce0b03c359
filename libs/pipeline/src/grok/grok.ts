// Grok: compiles expressions of grok, %{NAME:field:type} among the rest of a regular expression, to a linear search.
import { builtinDefinitions, type Definitions, type FieldNames } from "./builtin-definitions.ts"
import { type CapturedField, type PatternNode, PatternProblem } from "./pattern-node.ts"
import { type Dialect, parsePattern } from "./pattern-parser.ts"
import { PatternSearch } from "./pattern-search.ts"
import { compileProgram } from "./program.ts"

export interface GrokOptions {
  readonly names: FieldNames
  /** Definitions of the user, which come before ours. */
  readonly definitions?: Definitions
}

const deepest = 64

/**
 * Compiles a grok expression: found anywhere unless it says `^` and `$`, which are edges of lines; `.` takes line feeds.
 * Throws a PatternProblem: an unknown name, a definition that leads back to itself, or what has no linear time, with the
 * position in the expression and, inside a definition, its name and the position there.
 */
export const compileGrok = (expression: string, options: GrokOptions): PatternSearch => {
  const builtin = builtinDefinitions(options.names)
  const path: Array<string> = []
  const reference = (name: string, _: CapturedField | undefined, position: number): PatternNode => {
    const text = options.definitions?.get(name) ?? builtin.get(name)
    if (text === undefined)
      throw new PatternProblem(
        `an unknown name %{${name}}${nearest(name, builtin)}; define it under definitions`,
        position
      )
    if (path.includes(name))
      throw new PatternProblem(`a definition that leads back to itself: ${[...path, name].join(" in ")}`, position)
    if (path.length >= deepest)
      throw new PatternProblem(`definitions within each other more than ${deepest} deep`, position)
    path.push(name)
    try {
      return parsePattern(text, dialect)
    } catch (problem) {
      if (!(problem instanceof PatternProblem)) throw problem
      throw new PatternProblem(`in the definition of ${name}: ${problem.message}`, position)
    } finally {
      path.pop()
    }
  }
  const dialect: Dialect = { dotTakesNewline: true, lineEdges: true, onigmo: true, reference }
  return new PatternSearch(compileProgram(parsePattern(expression, dialect)))
}

const nearest = (name: string, definitions: Definitions): string => {
  const upper = name.toUpperCase()
  const found = [...definitions.keys()].find((known) => known === upper || known.replaceAll("_", "") === upper)
  return found === undefined ? "" : ` (is it ${found}?)`
}

/**
 * Reads definitions as grok's pattern files hold them: `NAME pattern` a line, lines that are empty or begin with # left out.
 * Throws a PatternProblem whose position is the number of the line.
 */
export const readDefinitions = (text: string): Definitions => {
  const definitions = new Map<string, string>()
  text.split("\n").forEach((line, index) => {
    const bare = line.endsWith("\r") ? line.slice(0, -1) : line
    if (/^\s*(?:#|$)/.test(bare)) return
    const found = /^([A-Za-z0-9_]+)\s+(.+)$/.exec(bare)
    if (found === null) throw new PatternProblem("a line that is not a name, a space and a pattern", index + 1)
    definitions.set(found[1], found[2])
  })
  return definitions
}

/** What a field's text is after its type: a number as it is written shortest, as Ruby reads it; a text as it stands. */
export const typedText = (text: string, type: CapturedField["type"]): string => {
  if (type === "text") return text
  if (type === "int") return /^[+-]?\d/.test(text) ? shortest(/^[+-]?\d+/.exec(text)?.[0] ?? "0") : "0"
  const number = Number.parseFloat(text)
  return Number.isFinite(number) ? String(number) : "0"
}

const shortest = (digits: string): string => {
  const bare = digits.replace(/^([+-]?)0+(?=\d)/, "$1").replace(/^\+/, "")
  return bare === "-0" ? "0" : bare
}
