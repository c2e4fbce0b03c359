// Licence page: every package that the product runs with and its licence, from the lock file.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { foreignPackages, type LockFile } from "../supply-chain/lock-file.ts"
import { page, table } from "./markdown.ts"
import { root } from "./source-files.ts"

export const licencePage = (): string => {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as LockFile
  const rows = foreignPackages(lock)
    .filter(({ dev }) => dev !== true)
    .map(({ license, name, version }) => [name, version, license ?? "as its package"])
    .sort(([a = ""], [b = ""]) => (a < b ? -1 : 1))
  return page(
    "Licences",
    "The packages that the product runs with. Those that only build and test it stand in the bill of materials (CycloneDX), which `npm run supply-chain` writes. Beside them run Node.js (MIT), nats-server (Apache-2.0) and ClickHouse's engine (Apache-2.0).",
    table(["package", "version", "licence"], rows)
  )
}
