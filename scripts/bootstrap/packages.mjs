// Packages: `npm ci` by the lock file when node_modules does not match it, nothing otherwise.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { cache, root } from "./paths.mjs"

const stampFile = join(cache, "packages.sha256")

/** Installs the packages of package-lock.json. Throws when npm fails; its own output says why. */
export const installPackages = () => {
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .update(process.platform + process.arch)
    .digest("hex")
  const installed = existsSync(join(root, "node_modules", ".package-lock.json"))
  if (installed && existsSync(stampFile) && readFileSync(stampFile, "utf8") === wanted) return
  console.error("bootstrap: installing packages (npm ci); the first time this downloads about 300 MB")
  const npm = process.env.npm_execpath
  // What the lock file says and nothing else, checked against its sums; no script of any package is run.
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--engine-strict=false"]
  const done =
    npm === undefined
      ? spawnSync("npm", args, { cwd: root, stdio: ["ignore", 2, 2], shell: process.platform === "win32" })
      : spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ["ignore", 2, 2] })
  if (done.status !== 0)
    throw new Error(
      `npm ci failed${done.error ? ` (${done.error.message})` : ""}: see its lines above; check that the npm registry can be reached and start again`
    )
  mkdirSync(cache, { recursive: true })
  writeFileSync(stampFile, wanted)
}
