// Bill of materials: CycloneDX as npm writes it from the lock file, and what it leaves out of that.
import { spawnSync } from "node:child_process"
import { foreignPackages, type LockFile } from "./lock-file.ts"

export interface Bill {
  readonly bomFormat: string
  readonly specVersion: string
  readonly components: ReadonlyArray<{ readonly name: string; readonly group?: string; readonly version: string }>
}

/** Asks npm, which reads package-lock.json and no registry. Throws with npm's own words. */
export const writeBill = (root: string): Bill => {
  const { status, stderr, stdout } = spawnSync(
    "npm",
    ["sbom", "--sbom-format=cyclonedx", "--sbom-type=application", "--package-lock-only"],
    { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024, shell: process.platform === "win32" }
  )
  if (status !== 0) throw new Error(`npm sbom failed; it needs npm 10 or newer: ${stderr.trim()}`)
  return JSON.parse(stdout) as Bill
}

export const billProblems = (bill: Bill, lock: LockFile): ReadonlyArray<string> => {
  if (bill.bomFormat !== "CycloneDX") return [`the bill is ${bill.bomFormat}, not CycloneDX`]
  const listed = new Set(
    bill.components.map(({ group, name, version }) => `${group === undefined ? "" : `${group}/`}${name} ${version}`)
  )
  return foreignPackages(lock)
    .filter(({ name, version }) => !listed.has(`${name} ${version}`))
    .map(({ name, version }) => `${name} ${version}: is in the lock file and not in the bill`)
}
