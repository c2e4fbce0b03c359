// Source files: the product's TypeScript without its tests, in an order that does not depend on the machine.
import { readdirSync, readFileSync } from "node:fs"
import { join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../..", import.meta.url))

export interface SourceFile {
  /** From the root, with forward slashes. */
  readonly path: string
  readonly text: string
}

const isSource = (path: string): boolean =>
  path.endsWith(".ts") && !/\.(?:test|harness)\.ts$|node_modules|^libs\/testing\//.test(path)

export const sourceFiles = (): ReadonlyArray<SourceFile> =>
  ["apps", "libs"]
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter(isSource)
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }))
