// Tests of the broker's files: its configuration is its owner's alone, and streams of a broker without accounts are kept.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { newSecret } from "@tailrace/access/credentials"
import { Redacted } from "effect"
import { afterEach, beforeEach, expect, it } from "vitest"
import { adoptGlobalStreams, writeNatsConfig } from "./nats-files.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tailrace-nats-files-"))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const seed = newSecret("broker-api")
const write = (open: boolean) =>
  readFileSync(writeNatsConfig({ folder, durability: "memory", seeds: () => Redacted.make(seed), open }), "utf8")

it("writes no seed, the wished durability, and the open door only where it is told to", () => {
  const text = write(true)
  expect(text).not.toContain(seed)
  expect(text).toContain('sync_interval: "2m"')
  expect(text).toMatch(/^no_auth_user: publisher$/m)
  expect(write(false)).not.toContain("no_auth_user")
  expect(statSync(join(folder, "nats-server.conf")).mode & 0o777).toBe(0o600)
})

it("replaces a link instead of writing through it", () => {
  const elsewhere = join(folder, "elsewhere")
  writeFileSync(elsewhere, "mine")
  symlinkSync(elsewhere, join(folder, "nats-server.conf"))
  write(true)
  expect(readFileSync(elsewhere, "utf8")).toBe("mine")
})

it("takes over the streams of a broker without accounts, once", () => {
  const [before, after] = ["$G", "TAILRACE"].map((name) => join(folder, "jetstream", name)) as [string, string]
  adoptGlobalStreams(folder)
  mkdirSync(join(before, "streams", "raw"), { recursive: true })
  adoptGlobalStreams(folder)
  expect([existsSync(before), existsSync(join(after, "streams", "raw"))]).toEqual([false, true])
  mkdirSync(before)
  adoptGlobalStreams(folder)
  expect(existsSync(join(after, "streams", "raw"))).toBe(true)
})
