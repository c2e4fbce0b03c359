// Verify: everything CI runs, in order, every step even when one fails; ends with `N passed, N failed`.
import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { cache, root } from "./bootstrap/paths.mjs"
import { scripts } from "./bootstrap/scripts.mjs"

const report = join(cache, "test-report.json")
const generated = ["docs/reference", "apps/api/schema.graphql"]

const steps = [
  ...scripts.check.commands.map((command) => ({ name: command.join(" "), command })),
  ...scripts.docs.commands.map((command) => ({ name: "generate the reference", command })),
  { name: "the generated reference is fresh", command: ["git", "diff", "--exit-code", "--stat", "--", ...generated] },
  { name: "the supply chain", command: ["node", "scripts/supply-chain.ts"] },
  {
    name: "npm test",
    command: ["npm", "test", "--", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
    counts: true
  }
]

/** Passed and failed tests of the report, or one failure when there is none. */
const counted = () => {
  try {
    const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(report, "utf8"))
    return { passed: numPassedTests, failed: Math.max(numFailedTests, numFailedTestSuites > 0 ? 1 : 0) }
  } catch {
    return { passed: 0, failed: 1 }
  }
}

mkdirSync(cache, { recursive: true })
let passed = 0
let failed = 0
for (const step of steps) {
  console.log(`\nverify: ${step.name}`)
  rmSync(report, { force: true })
  const [program, ...args] = step.command
  const begin = Date.now()
  const { status, error } = spawnSync(program === "node" ? process.execPath : program, args, {
    cwd: root,
    stdio: "inherit"
  })
  if (step.counts) {
    const counts = counted()
    passed += counts.passed
    failed += status === 0 ? counts.failed : Math.max(1, counts.failed)
  } else if (status === 0) passed++
  else failed++
  console.log(
    `verify: ${step.name}: ${status === 0 ? "ok" : `FAILED${error ? ` (${error.message})` : ""}`} (${((Date.now() - begin) / 1000).toFixed(0)} s)`
  )
}
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
