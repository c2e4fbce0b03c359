// BuiltinDefinitions: the patterns that have a name in grok, in both ways of naming their fields.
import type { DefinitionTexts } from "./definition-texts.ts"
import { backupDefinitions } from "./definitions/backup.ts"
import { basicDefinitions } from "./definitions/basic.ts"
import { firewallDefinitions } from "./definitions/firewalls.ts"
import { monitoringDefinitions } from "./definitions/monitoring.ts"
import { programDefinitions } from "./definitions/programs.ts"
import { webDefinitions } from "./definitions/web.ts"

/** How fields are named: as grok did first, or by the Elastic Common Schema. */
export type FieldNames = "legacy" | "ecs"

export type Definitions = ReadonlyMap<string, string>

const texts = [
  basicDefinitions,
  webDefinitions,
  programDefinitions,
  backupDefinitions,
  monitoringDefinitions,
  firewallDefinitions
]

const made = new Map<FieldNames, Definitions>()

/** Patterns by name. */
export const builtinDefinitions = (names: FieldNames): Definitions => {
  const known = made.get(names)
  if (known !== undefined) return known
  const definitions = new Map<string, string>()
  for (const text of texts) readInto(definitions, text, names)
  made.set(names, definitions)
  return definitions
}

const readInto = (definitions: Map<string, string>, text: DefinitionTexts, names: FieldNames): void => {
  for (const line of `${named(text.both, names)}\n${named(text[names], names)}`.split("\n")) {
    const space = line.indexOf(" ")
    if (space > 0) definitions.set(line.slice(0, space), line.slice(space + 1))
  }
}

/** A field with two names: `%{KIND:older|newer}`, where the newer one may have a kind of its own, or `(?<older|newer>`. */
const twoNames = /%\{(\w+):([\w.:-]*)\|(?:([A-Z]\w*):)?([@[\]\w.:-]*)\}|\(\?<([\w.-]*)\|([@[\]\w.-]*)>/g

const named = (text: string, names: FieldNames): string =>
  text.replaceAll(
    twoNames,
    (_, kind?: string, older?: string, newerKind?: string, newer?: string, group?: string, newerGroup?: string) => {
      if (kind === undefined) {
        const name = names === "ecs" ? newerGroup : group
        return name === "" ? "(?:" : `(?<${name}>`
      }
      const chosen = names === "ecs" ? newer : older
      const chosenKind = names === "ecs" ? (newerKind ?? kind) : kind
      return chosen === "" ? `%{${chosenKind}}` : `%{${chosenKind}:${chosen}}`
    }
  )
