// Supply chain: what the lock file may not hold, and what the bill of materials may not leave out.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { billProblems } from "../scripts/supply-chain/bill.ts"
import { foreignPackages, type LockedPackage, type LockFile, lockProblems } from "../scripts/supply-chain/lock-file.ts"

const lock = JSON.parse(readFileSync(join(import.meta.dirname, "../package-lock.json"), "utf8")) as LockFile
const sound: LockedPackage = { version: "1.2.3", integrity: `sha512-${"a".repeat(86)}==`, license: "MIT" }
const problems = (change: Partial<LockedPackage>, scripts: Readonly<Record<string, boolean>> = {}) =>
  lockProblems({ packages: { "node_modules/left-pad": { ...sound, ...change } } }, scripts)

describe("the supply chain", () => {
  it("pins every package that a registry brings, by version and check sum, from no address of its own", () => {
    expect(foreignPackages(lock).length).toBeGreaterThan(200)
    expect(lockProblems(lock, { nx: false, chdb: false })).toEqual([])
  })

  it.each<readonly [string, Partial<LockedPackage>, string]>([
    ["a foreign address", { resolved: "https://example.com/x.tgz" }, "comes from an address of its own"],
    ["a weak check sum", { integrity: "sha1-abc" }, "its check sum is not SHA-512"],
    ["a range", { version: "^1.0.0" }, "is not pinned to a version"],
    ["a script", { hasInstallScript: true }, "wants to run a script when installed"],
    ["a licence that binds", { license: "AGPL-3.0-only" }, "licence AGPL-3.0-only is not on the list for running"],
    ["a licence for building alone", { license: "MPL-2.0" }, "licence MPL-2.0 is not on the list for running"],
    ["one part that binds", { license: "MIT AND GPL-3.0-only" }, "is not on the list"]
  ])("refuses a package with %s", (_, change, expected) => {
    expect(problems(change)).toEqual([expect.stringContaining(expected)])
  })

  it("refuses a package without check sum or licence", () => {
    const { integrity: _, license: __, ...bare } = sound
    expect(lockProblems({ packages: { "node_modules/left-pad": bare } }, {})).toEqual([
      "left-pad 1.2.3: has no check sum",
      "left-pad 1.2.3: names no licence"
    ])
  })

  it("takes a choice of licences, tools under MPL, and scripts that are known and not run", () => {
    expect(problems({ license: "(MIT OR GPL-3.0-only)" })).toEqual([])
    expect(problems({ license: "MPL-2.0", dev: true })).toEqual([])
    expect(problems({ hasInstallScript: true }, { "left-pad": false })).toEqual([])
  })

  it("finds what a bill of materials leaves out", () => {
    const two: LockFile = { packages: { "node_modules/@a/b": sound, "node_modules/a/node_modules/c": sound } }
    const bill = {
      bomFormat: "CycloneDX",
      specVersion: "1.5",
      components: [{ group: "@a", name: "b", version: "1.2.3" }]
    }
    expect(billProblems(bill, two)).toEqual(["c 1.2.3: is in the lock file and not in the bill"])
    expect(billProblems({ ...bill, bomFormat: "SPDX" }, two)).toEqual(["the bill is SPDX, not CycloneDX"])
  })
})
