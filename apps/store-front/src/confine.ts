// Confine: starts the store front's process over within the room it needs, as far as the system can take away the rest.
import { realpathSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import type { Confinement } from "@tailrace/store/front/front-message"
import { bundleFolder } from "@tailrace/store/front/program"
import { confineThread } from "./landlock.ts"

/** Set for the process that is confined, and for it alone. */
const variable = "TAILRACE_FRONT_CONFINED"

/** What is the process' own, by absolute paths. */
export interface Own {
  readonly folder: string
  readonly dataDir: string
  readonly port: number
  /** Of its options, which it reads again. */
  readonly file: string | undefined
}

export interface Confined {
  readonly folder: string
  readonly confinement: Confinement
}

/** Of a process that was started over; undefined for the first. Forgets it, so that nothing started later reads it. */
export const readConfined = (): Confined | undefined => {
  const told = process.env[variable]
  delete process.env[variable]
  return told === undefined ? undefined : (JSON.parse(told) as Confined)
}

/** Libraries and what they read, of Node and of the engine; of the system nothing that is anybody's own. */
const systemPlaces = [
  ...["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo", "/usr/share/locale"],
  ...["/etc/ld.so.cache", "/etc/localtime", "/etc/timezone", "/etc/ssl/openssl.cnf", "/etc/nsswitch.conf"],
  ...["/proc", "/sys/devices/system", "/sys/fs/cgroup", "/sys/kernel/mm", "/dev/urandom", "/dev/random"]
]
const loaders = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"]

/** This program, the product's libraries or the bundle of both, and every folder in which Node would look for packages. */
const programPlaces = (): Array<string> => {
  const program = resolve(import.meta.dirname, "..")
  const root = resolve(program, "../..")
  const bundle = bundleFolder()
  const places = [program, join(root, "libs"), ...(bundle === undefined ? [] : [bundle])]
  for (let folder = root; folder !== dirname(folder); folder = dirname(folder)) {
    places.push(join(folder, "node_modules"), join(folder, "package.json"))
  }
  return places
}

/**
 * Does not return where the process can be confined: it is the same process, by its number and its channel to the parent,
 * that begins anew. Elsewhere it answers why. The folders exist already.
 */
export const confineProcess = ({ folder, dataDir, port, file }: Own): Confinement => {
  const node = realpathSync(process.execPath)
  const channel = process.channel === undefined ? [] : [(process.channel as unknown as { readonly fd: number }).fd]
  let confinement: Confinement
  try {
    confinement = confineThread(
      {
        run: [node, ...loaders],
        read: [...systemPlaces, ...programPlaces(), ...(file === undefined ? [] : [file])],
        write: [folder, dataDir, "/dev/null"],
        // At the end its own, which is empty then.
        tidy: [dirname(folder)],
        port
      },
      channel
    )
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) }
  }
  if ("reason" in confinement) return confinement
  const confined: Confined = { folder, confinement }
  const [fd] = channel
  // It could not read certificates, and speaks TLS to nobody; nor modules of others that are to be loaded first.
  const { NODE_EXTRA_CA_CERTS: _certificates, NODE_OPTIONS: _options, ...env } = process.env
  process.execve?.(node, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    ...env,
    [variable]: JSON.stringify(confined),
    ...(fd === undefined ? {} : { NODE_CHANNEL_FD: String(fd), NODE_CHANNEL_SERIALIZATION_MODE: "json" })
  })
  return confinement
}
