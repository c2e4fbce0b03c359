// Tests of the folder of credentials: made once, closed to others, mended when it is not, and never through links.
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Redacted, Result } from "effect"
import { afterEach, beforeEach, expect, it } from "vitest"
import { credentialNames, newSecret, secretProblem } from "./credentials.ts"
import { credentialsFolder, openCredentials, readCredential } from "./credentials-folder.ts"

let data: string
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "tailrace-credentials-"))
})
afterEach(() => rmSync(data, { recursive: true, force: true }))

const name = "store-reader"
const file = () => join(credentialsFolder(data), name)
const open = () => Effect.runSync(openCredentials(data))
const refusal = () => {
  const result = Effect.runSync(Effect.result(openCredentials(data)))
  return Result.isFailure(result) ? result.failure.message : "opened"
}
const modeOf = (path: string): number => lstatSync(path).mode & 0o777
const secretIn = (opened: ReturnType<typeof open>) => Redacted.value(opened.secrets[name])

it("makes a secret of 256 bits a user, in files that their owner alone can read", () => {
  const { notes, secrets } = open()
  expect(notes).toEqual([])
  expect(modeOf(credentialsFolder(data))).toBe(0o700)
  expect(readdirSync(credentialsFolder(data)).sort()).toEqual([...credentialNames].sort())
  for (const one of credentialNames) {
    expect(modeOf(join(credentialsFolder(data), one))).toBe(0o600)
    expect(Redacted.value(secrets[one])).toMatch(one.startsWith("store-") ? /^[\w-]{43}$/ : /^SU[A-Z2-7]{56}$/)
  }
  expect(new Set(credentialNames.map((one) => Redacted.value(secrets[one]))).size).toBe(credentialNames.length)
  expect(`${secrets[name]} ${JSON.stringify(secrets)}`).not.toContain(Redacted.value(secrets[name]))
})

it("keeps what is there, and makes again what went missing", () => {
  const first = secretIn(open())
  expect(secretIn(open())).toBe(first)
  expect(Redacted.value(Effect.runSync(readCredential(data, name)) as Redacted.Redacted<string>)).toBe(first)
  rmSync(file())
  expect(Effect.runSync(readCredential(data, name))).toBeUndefined()
  const second = secretIn(open())
  expect([second === first, secretProblem(name, second)]).toEqual([false, undefined])
})

it.each([0o640, 0o604, 0o620, 0o602, 0o610])("replaces a secret of mode %o, and refuses it until then", (mode) => {
  const first = secretIn(open())
  chmodSync(file(), mode)
  const read = Effect.runSync(Effect.result(readCredential(data, name)))
  expect(Result.isFailure(read) && read.failure.message).toContain("by others")
  expect(Result.isFailure(read) && read.failure.message).not.toContain(first)
  const again = open()
  expect(again.notes).toEqual([expect.stringContaining("a new secret was made")])
  expect(secretIn(again)).not.toBe(first)
  expect(modeOf(file())).toBe(0o600)
})

it("replaces a secret that a crash cut off or that somebody chose", () => {
  open()
  for (const text of ["", "short", `${newSecret(name)}\nmore`, `"${newSecret(name)}`]) {
    writeFileSync(file(), text)
    expect([text, secretProblem(name, secretIn(open()))]).toEqual([text, undefined])
  }
})

it("closes a folder that others can enter", () => {
  open()
  chmodSync(credentialsFolder(data), 0o755)
  expect(open().notes).toEqual([expect.stringContaining("readable by others (mode 755): it is closed now")])
  expect(modeOf(credentialsFolder(data))).toBe(0o700)
})

it("follows no link, neither of the folder nor of a file", () => {
  const elsewhere = join(data, "elsewhere")
  mkdirSync(elsewhere, { mode: 0o700 })
  symlinkSync(elsewhere, credentialsFolder(data))
  expect(refusal()).toContain("is a link or no folder")
  expect(readdirSync(elsewhere)).toEqual([])
  rmSync(credentialsFolder(data))
  open()
  rmSync(file())
  const planted = join(elsewhere, "planted")
  writeFileSync(planted, newSecret(name), { mode: 0o600 })
  symlinkSync(planted, file())
  expect(refusal()).toContain("is a link")
  const fresh = `${file()}.new`
  rmSync(file())
  symlinkSync(planted, fresh)
  const before = readFileSync(planted, "utf8")
  expect(secretProblem(name, secretIn(open()))).toBeUndefined()
  expect(readFileSync(planted, "utf8")).toBe(before)
})

it.skipIf(process.getuid?.() !== 0)("refuses files and folders of another user (skipped unless root)", async () => {
  const { chownSync } = await import("node:fs")
  open()
  chownSync(file(), 65_534, 65_534)
  expect(refusal()).toContain("belongs to another user")
  chownSync(file(), 0, 0)
  chownSync(credentialsFolder(data), 65_534, 65_534)
  expect(refusal()).toContain("belongs to another user")
})
