// Hopeless tables: finds the definitions that the engine would fail over, or call out for, before it opens, and sets them aside.
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { isDefinition, setAside } from "@tailrace/store/front/set-aside"
import { setLists } from "./cage/set-lists.ts"
import { tokens } from "./lexer.ts"

/**
 * Sets aside what would keep the engine from opening, or would have it call out first: definitions of which a crash left
 * nothing or half, and those whose data lies on a disk of their own. Answers where each is now.
 */
export const setAsideHopeless = (dataDir: string): Array<string> =>
  definitionsOf(dataDir).flatMap((path) => {
    const hopeless = isHopeless(readFileSync(join(dataDir, path), "utf8"))
    return (hopeless ? setAside(dataDir, path) : undefined) ?? []
  })

const isHopeless = (text: string): boolean => {
  if (!text.startsWith("ATTACH ") || text.includes("\0") || !text.endsWith("\n")) return true
  if (!/\b(?:disk|storage_policy)\b/i.test(text)) return false
  return setLists([...tokens(text)]).some((names) => names.includes("disk") || names.includes("storage_policy"))
}

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

const definitionsOf = (dataDir: string): Array<string> => {
  const store = join(dataDir, "store")
  return namesIn(store).flatMap((first) =>
    namesIn(join(store, first)).flatMap((id) =>
      namesIn(join(store, first, id))
        .map((name) => `store/${first}/${id}/${name}`)
        .filter((path) => isDefinition(path))
    )
  )
}
