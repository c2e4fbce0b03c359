// Credentials folder: the secrets of store and broker as files that their owner alone can read.
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { Effect, Redacted, Schema } from "effect"
import { type CredentialName, credentialNames, newSecret, openToOthers, secretProblem } from "./credentials.ts"

export class CredentialsError extends Schema.TaggedError<CredentialsError>()("CredentialsError", {
  message: Schema.String
}) {}

export type Credentials = Readonly<Record<CredentialName, Redacted.Redacted<string>>>

export interface OpenedCredentials {
  readonly secrets: Credentials
  /** What was mended, a sentence each. */
  readonly notes: ReadonlyArray<string>
}

/** Where the credentials of a data folder lie. */
export const credentialsFolder = (dataFolder: string): string => join(dataFolder, "credentials")

/**
 * Opens the folder of credentials of a data folder, 0700, and makes every secret that is missing, 0600 and whole or not at
 * all. A secret that others could read is replaced, since they may know it; a link, or a file of another user, is refused.
 */
export const openCredentials = (dataFolder: string): Effect.Effect<OpenedCredentials, CredentialsError> =>
  Effect.try({
    try: () => {
      const folder = credentialsFolder(dataFolder)
      const notes: Array<string> = []
      const mended = closeFolder(folder)
      if (mended !== undefined) notes.push(mended)
      const secrets = {} as Record<CredentialName, Redacted.Redacted<string>>
      for (const name of credentialNames) {
        const file = join(folder, name)
        const found = readOwn(file, name)
        if (found !== undefined && found.problem === undefined) secrets[name] = Redacted.make(found.text)
        else {
          secrets[name] = Redacted.make(writeNew(folder, name))
          if (found?.problem !== undefined) notes.push(`${file} was ${found.problem}: a new secret was made`)
        }
      }
      return { secrets, notes }
    },
    catch: asError
  })

/** One secret of a data folder; undefined where none was made yet. Fails when others could read it. */
export const readCredential = (
  dataFolder: string,
  name: CredentialName
): Effect.Effect<Redacted.Redacted<string> | undefined, CredentialsError> =>
  Effect.try({
    try: () => {
      const file = join(credentialsFolder(dataFolder), name)
      const found = readOwn(file, name)
      if (found === undefined) return undefined
      if (found.problem === undefined) return Redacted.make(found.text)
      throw new CredentialsError({
        message: `the secret ${file} is ${found.problem}: start \`tailrace up\` again, which makes a new one`
      })
    },
    catch: asError
  })

const asError = (cause: unknown): CredentialsError =>
  cause instanceof CredentialsError
    ? cause
    : new CredentialsError({
        message: `cannot use the credentials: ${cause instanceof Error ? cause.message : String(cause)}; run as the user who owns the data folder, or name another with --data`
      })

/** Windows knows no such modes; its folders of a user are closed to others by inheritance. */
const hasModes = process.platform !== "win32"

const refuseForeign = (path: string, uid: number): void => {
  const user = process.getuid?.()
  if (user === undefined || uid === user) return
  throw new CredentialsError({
    message: `${path} belongs to another user (uid ${uid}): remove it, or name another data folder with --data`
  })
}

/** Makes the folder, or closes it to others; answers what was mended. */
const closeFolder = (folder: string): string | undefined => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const found = lstatSync(folder)
  if (!found.isDirectory())
    throw new CredentialsError({ message: `${folder} is a link or no folder: remove it, so that one is made anew` })
  refuseForeign(folder, found.uid)
  const open = hasModes ? openToOthers(found.mode) : undefined
  if (open === undefined) return undefined
  chmodSync(folder, 0o700)
  if (openToOthers(lstatSync(folder).mode) !== undefined)
    throw new CredentialsError({
      message: `${folder} stays ${open}: its file system keeps no modes, name a data folder on another with --data`
    })
  return `${folder} was ${open}: it is closed now`
}

interface Found {
  readonly text: string
  /** Why it must not be used. */
  readonly problem?: string
}

/** Reads a file that is ours, through no link; undefined when there is none. */
const readOwn = (file: string, name: CredentialName): Found | undefined => {
  let descriptor: number
  try {
    descriptor = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined
    if (code === "ENOENT") return undefined
    if (code === "ELOOP")
      throw new CredentialsError({ message: `${file} is a link: remove it, so that a file is made anew` })
    throw cause
  }
  try {
    const found = fstatSync(descriptor)
    if (!found.isFile())
      throw new CredentialsError({ message: `${file} is no file: remove it, so that one is made anew` })
    refuseForeign(file, found.uid)
    const text = readFileSync(descriptor, "utf8").trim()
    const problem = (hasModes ? openToOthers(found.mode) : undefined) ?? secretProblem(name, text)
    return problem === undefined ? { text } : { text, problem }
  } finally {
    closeSync(descriptor)
  }
}

/** Writes a new secret beside its place, on the disk, and moves it there. */
const writeNew = (folder: string, name: CredentialName): string => {
  const secret = newSecret(name)
  const fresh = join(folder, `${name}.new`)
  rmSync(fresh, { force: true })
  const descriptor = openSync(fresh, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
  try {
    fchmodSync(descriptor, 0o600)
    writeFileSync(descriptor, `${secret}\n`)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(fresh, join(folder, name))
  return secret
}
