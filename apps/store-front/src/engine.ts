// Engine: chDB in this process, spoken to through its native addon on the thread pool, never on the event loop.
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join, resolve } from "node:path"
import type { FrontOptions } from "@tailrace/store/front/options"
import type { EngineNames } from "./cage/rules.ts"
import { isAlive } from "./runtime-folder.ts"

type Handle = { readonly __connection: never }

/** What one statement gave; rowsRead of an insert from a file are the rows written. */
export interface EngineResult {
  readonly bytes: Uint8Array
  readonly rowsRead: number
  readonly bytesRead: number
  /** Seconds. */
  readonly elapsed: number
}

interface Addon {
  readonly CreateConnection: (path: string, args?: ReadonlyArray<string>) => Handle
  readonly CloseConnection: (connection: Handle) => void
  readonly QueryAsyncConnection: (connection: Handle, sql: string, format: string) => Promise<EngineResult>
}

// chDB's Session class closes a connection only after every statement of the process has ended, so that under one long
// query the connections of all others pile up; and its stream start runs subqueries on the event loop. So the addon
// itself, which the package does not export, is taken by its file.
const loadAddon = (): Addon => {
  const require = createRequire(import.meta.url)
  return require(join(dirname(require.resolve("chdb/package.json")), "dist/loader.js")).loadNative()
}

/** A private lane: settings and temporary tables of its own, one statement at a time. */
export class Connection {
  readonly #addon: Addon
  readonly #handle: Handle
  #running: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(addon: Addon, handle: Handle) {
    this.#addon = addon
    this.#handle = handle
  }

  run(sql: string, format = "TabSeparated"): Promise<EngineResult> {
    const result = this.#addon.QueryAsyncConnection(this.#handle, sql, format)
    this.#running = result.catch(() => undefined)
    return result
  }

  /** Closing under a running statement would abort the engine, so this waits for it. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#running
    this.#addon.CloseConnection(this.#handle)
  }
}

export interface Engine {
  readonly version: string
  readonly timezone: string
  /** Names of output formats in lower case. */
  readonly formats: ReadonlySet<string>
  /** All that a statement may name, in lower case. */
  readonly names: EngineNames
  /** For the front's own statements. */
  readonly root: Connection
  readonly connect: () => Connection
}

export class DataDirectoryInUse extends Error {}

/** Opens the data folder; blocks while it does. */
export const openEngine = async (options: FrontOptions, args: ReadonlyArray<string>): Promise<Engine> => {
  const addon = loadAddon()
  const path = resolve(options.dataDir)
  const root = openRoot(addon, path, args)
  const facts = await root.run(factsQuery, "JSONCompactEachRow")
  const [version, timezone, formats, functions, tableFunctions, settings] = JSON.parse(
    Buffer.from(facts.bytes).toString()
  ) as [string, string, Array<string>, Array<string>, Array<string>, Array<string>]
  return {
    version,
    timezone,
    formats: new Set(formats),
    names: { functions: new Set(functions), tableFunctions: new Set(tableFunctions), settings: new Set(settings) },
    root,
    connect: () => new Connection(addon, addon.CreateConnection(path))
  }
}

const factsQuery = `SELECT version(), timezone(),
  (SELECT groupArray(lower(name)) FROM system.formats WHERE is_output),
  (SELECT groupArray(lower(name)) FROM system.functions),
  (SELECT groupArray(lower(name)) FROM system.table_functions),
  (SELECT groupUniqArray(lower(name)) FROM
    (SELECT name FROM system.settings UNION ALL SELECT name FROM system.merge_tree_settings))`

/** Process id of a live process that has the data folder open, not this one. */
export const holderOf = (path: string): number | undefined => {
  try {
    const pid = Number(/^PID: (\d+)/m.exec(readFileSync(join(path, "status"), "utf8"))?.[1])
    return pid > 0 && pid !== process.pid && isAlive(pid) ? pid : undefined
  } catch {
    return undefined
  }
}

const openRoot = (addon: Addon, path: string, args: ReadonlyArray<string>): Connection => {
  try {
    return new Connection(addon, addon.CreateConnection(path, args))
  } catch (error) {
    // The addon says only that it failed; the engine leaves its process id in the folder.
    const holder = holderOf(path)
    if (holder === undefined) throw error
    throw new DataDirectoryInUse(
      `another process (${holder}) holds the data folder ${path}, stop it or choose another folder: one process per data folder`
    )
  }
}
