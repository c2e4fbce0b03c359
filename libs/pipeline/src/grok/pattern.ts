// Pattern: a regular expression in the syntax of RE2, searched in linear time.
import { type Dialect, parsePattern } from "./pattern-parser.ts"
import { PatternSearch } from "./pattern-search.ts"
import { compileProgram } from "./program.ts"

export const re2: Dialect = { dotTakesNewline: false, lineEdges: false, onigmo: false }

/** Compiles a regular expression; throws a PatternProblem with its position when it is none or has no linear time. */
export const compilePattern = (text: string, dialect: Dialect = re2): PatternSearch =>
  new PatternSearch(compileProgram(parsePattern(text, dialect)))
