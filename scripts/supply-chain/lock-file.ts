// Lock file: the packages of package-lock.json, and what may not be true of them: no check sum, a foreign address, a script, a licence.

export interface LockedPackage {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly license?: string
  readonly link?: boolean
  readonly dev?: boolean
  readonly optional?: boolean
  readonly hasInstallScript?: boolean
}

export interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

export interface Package extends LockedPackage {
  readonly name: string
  readonly version: string
}

/** The packages that a registry brings, without the repository's own. */
export const foreignPackages = (lock: LockFile): ReadonlyArray<Package> =>
  Object.entries(lock.packages)
    .filter(([path, { link }]) => path.includes("node_modules/") && link !== true)
    .map(([path, locked]) => ({
      ...locked,
      name: path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length),
      version: locked.version ?? ""
    }))

/**
 * Native parts for other systems that the registry this lock file was written from does not carry. They are pinned by
 * version alone, and their package, whose check sum is here, names that version.
 */
const withoutCheckSum =
  /^(?:@effect\/tsgo-(?:darwin-arm64|darwin-x64|linux-arm|linux-arm64|win32-arm64|win32-x64)|@chdb\/lib-(?:darwin-arm64|darwin-x64|linux-arm64-gnu))$/

/** What runs, and what only builds and tests. Each licence lets the product be given away under Apache-2.0. */
const allowed = {
  always: new Set(["MIT", "Apache-2.0", "ISC", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "Unlicense", "CC0-1.0"]),
  building: new Set(["MPL-2.0", "BlueOak-1.0.0", "Python-2.0"])
}

/** Whether an SPDX expression of names with OR and AND can be met. */
const isAllowed = (expression: string, dev: boolean): boolean =>
  expression
    .replace(/[()]/g, "")
    .split(" OR ")
    .some((choice) =>
      choice.split(" AND ").every((name) => allowed.always.has(name) || (dev && allowed.building.has(name)))
    )

/** Sentences, none when all is well. `scripts` are the packages whose install script is known and not run. */
export const lockProblems = (lock: LockFile, scripts: Readonly<Record<string, boolean>>): ReadonlyArray<string> =>
  foreignPackages(lock).flatMap(({ name, version, ...locked }) => {
    const which = `${name} ${version}`
    const problems: Array<string> = []
    if (!/^\d+\.\d+\.\d+/.test(version)) problems.push(`${which}: is not pinned to a version`)
    if (locked.resolved !== undefined) problems.push(`${which}: comes from an address of its own, ${locked.resolved}`)
    if (locked.integrity === undefined && !withoutCheckSum.test(name)) problems.push(`${which}: has no check sum`)
    if (locked.integrity !== undefined && !/^sha512-[\w+/]{86}==$/.test(locked.integrity))
      problems.push(`${which}: its check sum is not SHA-512`)
    if (locked.hasInstallScript === true && scripts[name] !== false)
      problems.push(`${which}: wants to run a script when installed; read it, then list it under allowScripts`)
    if (locked.license === undefined) {
      if (!withoutCheckSum.test(name)) problems.push(`${which}: names no licence`)
    } else if (!isAllowed(locked.license, locked.dev === true)) {
      problems.push(`${which}: licence ${locked.license} is not on the list for ${locked.dev ? "building" : "running"}`)
    }
    return problems
  })
