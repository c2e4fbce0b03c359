// Post block: sends a Native block to the store, through a file where the store front runs on this machine.
import { randomUUID } from "node:crypto"
import { lstat, rm, writeFile } from "node:fs/promises"
import { basename, join } from "node:path"
import { Readable } from "node:stream"
import type { ClickHouseClient, ClickHouseSettings } from "@clickhouse/client"
import { askForFolder, folderHeader, frontFolder, givenHeader } from "./given-body.ts"

/** What the front told a client, and whether the client can write there. */
interface Folder {
  readonly path: string
  readonly usable: boolean
}

const folders = new WeakMap<ClickHouseClient, Folder>()

/**
 * Inserts the bytes with a statement that ends in FORMAT Native. A front asked over HTTP tells the folder of its bodies;
 * where that is a folder of this user on this machine, the next blocks are written there instead of passing through two
 * sockets. After any failure the next block goes over HTTP and the folder is asked for anew, so a repeated insert never
 * hangs on a file.
 */
export const postBlock = async (
  client: ClickHouseClient,
  query: string,
  bytes: Uint8Array,
  settings: ClickHouseSettings
): Promise<void> => {
  const given = await give(client, bytes)
  try {
    const { response_headers, stream } = await client.exec({
      query,
      values: Readable.from(given === undefined ? [bytes] : [], { objectMode: false }),
      http_headers: { [givenHeader]: given === undefined ? askForFolder : basename(given) },
      clickhouse_settings: settings
    })
    for await (const _ of stream);
    const told = response_headers[folderHeader]
    if (typeof told === "string" && told !== folders.get(client)?.path) {
      folders.set(client, { path: told, usable: await isOurs(told) })
    }
  } catch (error) {
    folders.delete(client)
    if (given !== undefined) await rm(given, { force: true }).catch(() => undefined)
    throw error
  }
}

/** The path of a file with the bytes, or undefined where none can be written. */
const give = async (client: ClickHouseClient, bytes: Uint8Array): Promise<string | undefined> => {
  const folder = folders.get(client)
  if (folder === undefined || !folder.usable) return undefined
  const path = join(folder.path, `given-${randomUUID()}`)
  try {
    await writeFile(path, bytes, { flag: "wx", mode: 0o600 })
    return path
  } catch {
    await rm(path, { force: true }).catch(() => undefined)
    folders.set(client, { ...folder, usable: false })
    return undefined
  }
}

/** Whether it is the folder of a front that nobody but this user can enter: a store's word alone is not enough to write to. */
const isOurs = async (path: string): Promise<boolean> => {
  if (!frontFolder.test(basename(path))) return false
  const found = await lstat(path).catch(() => undefined)
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o077) === 0
}
