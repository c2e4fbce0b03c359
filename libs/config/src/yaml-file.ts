// YamlFile: YAML text to plain values, with the place of every value in the text.
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml"

/** One thing wrong. `path` leads to the value, `line` and `column` (from 1) to its place in the file when that is known. */
export interface ConfigProblem {
  readonly path: ReadonlyArray<string | number>
  readonly message: string
  readonly line?: number
  readonly column?: number
}

/** Longest file accepted, and how many values aliases may multiply into. */
const maximumCharacters = 1_048_576
const maximumAliases = 100

export interface YamlFile {
  /** The plain value; undefined when the text cannot be read. */
  readonly value: unknown
  readonly problems: ReadonlyArray<ConfigProblem>
  /** The problem with the line and column of its path, or of the nearest value above it that exists. */
  readonly locate: (problem: ConfigProblem) => ConfigProblem
}

/** Reads one YAML 1.2 document. Never throws: what is wrong with the text is in `problems`. */
export const readYaml = (text: string): YamlFile => {
  const locate = (problem: ConfigProblem) => problem
  if (text.length > maximumCharacters) {
    const message = `file is longer than ${maximumCharacters} characters`
    return { value: undefined, problems: [{ path: [], message }], locate }
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false })
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => {
      const { line, col } = lines.linePos(error.pos[0])
      return { path: [], message: lowerFirst(error.message), line, column: col }
    })
    return { value: undefined, problems, locate }
  }
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: maximumAliases }) ?? {}
  } catch (cause) {
    return { value: undefined, problems: [{ path: [], message: `aliases cannot be followed: ${cause}` }], locate }
  }
  return {
    value,
    problems: [],
    locate: (problem) => {
      const node = nearest(document.contents, problem.path)
      if (node?.range == null || problem.line !== undefined) return problem
      const { line, col } = lines.linePos(node.range[0])
      return { ...problem, line, column: col }
    }
  }
}

const nearest = (root: Node | null, path: ReadonlyArray<string | number>): Node | null => {
  let node = root
  for (const key of path) {
    const next: unknown = isMap(node)
      ? node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key))?.value
      : isSeq(node)
        ? node.items[Number(key)]
        : undefined
    if (next === null || next === undefined) return node
    node = next as Node
  }
  return node
}

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1)
