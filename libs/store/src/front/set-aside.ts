// Set aside: takes one table that the engine cannot load out of its way, so that all others open; its data stays where it is.
import { existsSync, mkdirSync, renameSync } from "node:fs"
import { dirname, join } from "node:path"

/** Folder in the data folder that takes definitions, under the paths they had. */
const folderName = "quarantine"

/** Of a definition below the data folder: its database's folder and its name, which is encoded, so it holds no path. */
const definition = /^store\/[0-9a-f]{3}\/[0-9a-f-]{36}\/[\w%-]+\.sql$/
const complaints = [/from metadata file \S*?(store\/[^\s:]+\.sql)/, /\(in file \S*?(store\/[^\s:)]+\.sql)\)/]

/** The definition that the engine complained of when it did not open, from what it said on its error output. */
export const blamedDefinition = (said: string): string | undefined => {
  for (const complaint of complaints) {
    const path = complaint.exec(said)?.[1]
    if (path !== undefined && definition.test(path)) return path
  }
  return undefined
}

/** Whether a path below the data folder is that of a definition. */
export const isDefinition = (path: string): boolean => definition.test(path)

/** Moves a definition, by its path below the data folder. Answers where it is now; undefined when it is not there. */
export const setAside = (dataDir: string, path: string): string | undefined => {
  const from = join(dataDir, path)
  if (!definition.test(path) || !existsSync(from)) return undefined
  let to = join(dataDir, folderName, path)
  for (let again = 1; existsSync(to); again++) to = join(dataDir, folderName, `${path}.${again}`)
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 })
  renameSync(from, to)
  return to
}

/** For people: what was done and what they can do. */
export const toldOf = (place: string): string =>
  `store: a table cannot be loaded, so its definition was set aside and its data left alone: ${place}; mend it and move it back, to where its path below ${folderName} says`
