// Tests of secrets in configuration: as a text, by a file, and never printed.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"
import { Redacted, Schema } from "effect"
import { expect, it } from "vitest"
import { Secret } from "./secret.ts"

const decode = Schema.decodeUnknownSync(Secret)

it("takes a text, and prints it nowhere", () => {
  const secret = decode("hunter2")
  expect(Redacted.value(secret)).toBe("hunter2")
  expect(
    `${secret} ${JSON.stringify({ secret })} ${inspect({ secret }, { depth: 9, showHidden: true })}`
  ).not.toContain("hunter2")
})

it("takes the line of a file, and says which file it cannot read", () => {
  const folder = mkdtempSync(join(tmpdir(), "tailrace-secret-"))
  try {
    const file = join(folder, "password")
    writeFileSync(file, "hunter2\n")
    expect(Redacted.value(decode({ file }))).toBe("hunter2")
    writeFileSync(file, "\n")
    expect(() => decode({ file })).toThrow(`cannot read the secret in ${file}: it is empty`)
    expect(() => decode({ file: join(folder, "none") })).toThrow("there is no such file")
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

it("does not tell what was wrong with a value", () => {
  for (const wrong of [20_261_130, ["hunter2"], { text: "hunter2" }]) {
    let message = ""
    try {
      decode(wrong)
    } catch (cause) {
      message = String(cause)
    }
    expect(message).not.toBe("")
    expect(message).not.toMatch(/hunter2|20261130/)
  }
})
