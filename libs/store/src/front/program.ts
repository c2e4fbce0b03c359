// Program: where the store front's program lies: in the bundle that this code runs from, or among the sources.
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"

/** The folder of the bundle that this code is part of; undefined when it runs from its source. */
export const bundleFolder = (file: string = import.meta.filename): string | undefined => {
  if (!file.endsWith(".mjs")) return undefined
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder))
    if (existsSync(join(folder, "bundle.json"))) return folder
  return undefined
}

/** The store front's program is another package's: it is started, never imported, and brings the engine with it. */
export const frontProgram = (bundle: string | undefined = bundleFolder()): string =>
  bundle === undefined
    ? join(import.meta.dirname, "../../../../apps/store-front/src/main.ts")
    : join(bundle, "apps/store-front/src/main.mjs")

/** Whether a command line, of words that end with a zero, runs a store front; `alone` when it has no arguments. */
export const runsFront = (command: string): { readonly alone: boolean } | undefined => {
  const found = /store-front[/\\]src[/\\]main\.(?:ts|mjs)\0/.exec(command)
  return found === null ? undefined : { alone: found.index + found[0].length === command.length }
}
