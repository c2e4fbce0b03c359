// PatternFiles: definitions of grok's names from files, as other programs keep them.
import { readFileSync, statSync } from "node:fs"
import type { Definitions } from "./builtin-definitions.ts"
import { readDefinitions } from "./grok.ts"
import { PatternProblem } from "./pattern-node.ts"

const mostBytes = 1_048_576

/** Reads definition files in order, the later before the earlier. Throws a PatternProblem that names the file and the line. */
export const readDefinitionFiles = (paths: ReadonlyArray<string>): Definitions => {
  const definitions = new Map<string, string>()
  for (const path of paths) {
    const text = textOf(path)
    try {
      for (const [name, pattern] of readDefinitions(text)) definitions.set(name, pattern)
    } catch (problem) {
      if (!(problem instanceof PatternProblem)) throw problem
      throw new PatternProblem(`in ${path}, line ${problem.position}: ${problem.reason}`, 1)
    }
  }
  return definitions
}

const textOf = (path: string): string => {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) throw new PatternProblem(`no file ${path}; give the path of a file of definitions`, 1)
  // A pipe or a device would be waited for.
  if (!found.isFile()) throw new PatternProblem(`${path} is no file; give the path of a file of definitions`, 1)
  if (found.size > mostBytes) throw new PatternProblem(`${path} is larger than ${mostBytes} bytes`, 1)
  try {
    return readFileSync(path, "utf8")
  } catch {
    throw new PatternProblem(`${path} cannot be read; let the processor's user read it`, 1)
  }
}
