// DataFolder: the corpora that lines are scored on. They lie beside the repository and are never copied into it.
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

export type Split = "dev" | "hidden"

export class DataFolder {
  readonly path: string
  readonly split: Split

  constructor(path: string, split: Split) {
    this.path = path
    this.split = split
  }

  has(name: string): boolean {
    return existsSync(join(this.path, name))
  }

  text(name: string): string {
    return readFileSync(join(this.path, name), "utf8")
  }

  json<Value>(name: string): Value {
    return JSON.parse(this.text(name)) as Value
  }

  /** Values of a file with one JSON document a line. */
  jsonLines<Value>(name: string): ReadonlyArray<Value> {
    return this.text(name)
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Value)
  }

  /** Names of the folders in a folder, none when it is absent. */
  folders(name: string): ReadonlyArray<string> {
    if (!this.has(name)) return []
    return readdirSync(join(this.path, name), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort()
  }
}
