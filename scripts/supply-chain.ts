// Supply chain: checks every package of the lock file and writes the bill of materials; ends with 1 when something is wrong.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "./reference/source-files.ts"
import { billProblems, writeBill } from "./supply-chain/bill.ts"
import { foreignPackages, type LockFile, lockProblems } from "./supply-chain/lock-file.ts"

const read = (name: string): unknown => JSON.parse(readFileSync(join(root, name), "utf8"))

const lock = read("package-lock.json") as LockFile
const { allowScripts } = read("package.json") as { readonly allowScripts: Readonly<Record<string, boolean>> }
const bill = writeBill(root)
const cache = join(root, ".cache")
const file = join(cache, "sbom.cdx.json")
mkdirSync(cache, { recursive: true })
writeFileSync(file, `${JSON.stringify(bill, null, 2)}\n`)

const problems = [...lockProblems(lock, allowScripts), ...billProblems(bill, lock)]
for (const problem of problems) console.error(`supply chain: ${problem}`)
const packages = foreignPackages(lock)
const running = packages.filter(({ dev }) => dev !== true).length
console.log(`supply chain: ${packages.length} packages, ${running} of them to run; bill of materials in ${file}`)
if (problems.length > 0) process.exitCode = 1
