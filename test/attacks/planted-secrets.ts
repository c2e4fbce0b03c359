// Planted secrets: texts that nobody else writes, and where they turn up in what a program prints or leaves behind.
import { type Dirent, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** A secret with characters that have to be escaped in a URL. */
export const plant = (name: string): string => `Zq9+${name}=planted`

const inUrl = (secret: string): string => encodeURIComponent(secret)

/** As a URL holds it. */
export const urlSecret = inUrl

/** The base64 of the secret wherever it begins in what was encoded, without the characters its neighbours decide. */
const base64Forms = (secret: string): ReadonlyArray<string> =>
  [0, 1, 2].map((shift) => {
    const text = Buffer.from(`${"x".repeat(shift)}${secret}`)
      .toString("base64")
      .replace(/=+$/, "")
    return text.slice(shift === 0 ? 0 : shift + 1, -2)
  })

const formsOf = (secret: string): ReadonlyArray<string> => [
  secret,
  inUrl(secret),
  JSON.stringify(secret).slice(1, -1),
  ...base64Forms(secret),
  ...base64Forms(secret).map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
  Buffer.from(secret).toString("hex")
]

export interface Leak {
  readonly where: string
  readonly secret: string
  readonly near: string
}

/** Every place where one of the secrets stands, in whichever spelling. */
export const leaksIn = (texts: Readonly<Record<string, string>>, secrets: ReadonlyArray<string>): ReadonlyArray<Leak> =>
  Object.entries(texts).flatMap(([where, text]) =>
    secrets.flatMap((secret) => {
      const at = formsOf(secret)
        .map((form) => text.indexOf(form))
        .find((index) => index !== -1)
      return at === undefined ? [] : [{ where, secret, near: text.slice(Math.max(0, at - 80), at + 60) }]
    })
  )

/** What lies in a folder and below, by path; the named folders are left out. */
export const filesBelow = (folder: string, without: ReadonlyArray<string> = []): Readonly<Record<string, string>> => {
  const texts: Record<string, string> = {}
  const look = (path: string): void => {
    for (const entry of entriesOf(path)) {
      const inner = join(path, entry.name)
      if (entry.isDirectory()) {
        if (!without.includes(entry.name)) look(inner)
      } else if (entry.isFile()) texts[inner] = contentOf(inner)
    }
  }
  look(folder)
  return texts
}

const entriesOf = (path: string): ReadonlyArray<Dirent> => {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch {
    return []
  }
}

/** A file that is removed meanwhile holds nothing. */
const contentOf = (path: string): string => {
  try {
    return readFileSync(path, "latin1")
  } catch {
    return ""
  }
}
