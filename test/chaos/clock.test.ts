// Clock: the wall clock of the main process jumps by an hour, ahead and back, under load.
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { chaosCase } from "./chaos-case.ts"
import { oneMachine } from "./stand/one-machine.ts"

const hour = 3_600_000
const preload = pathToFileURL(join(import.meta.dirname, "stand", "shifted-clock.ts")).href
const clockOf = (folder: string): string => join(folder, "clock-shift")

const start = () =>
  oneMachine({
    prepare: (folder) => writeFileSync(clockOf(folder), "0"),
    environment: (folder) => ({ NODE_OPTIONS: `--import ${preload}`, TAILRACE_CHAOS_CLOCK: clockOf(folder) })
  })

const jumps: ReadonlyArray<readonly [string, ReadonlyArray<number>]> = [
  ["an hour ahead", [hour]],
  ["an hour back", [-hour]],
  ["to and fro", [hour, 0, -hour, 0]]
]

for (const [name, shifts] of jumps) {
  chaosCase(`clock jumps ${name}`, { start }, async ({ flow, over, stand }) => {
    for (const shift of shifts) {
      await flow(500)
      writeFileSync(clockOf(stand.folder), String(shift))
      over()
    }
  })
}
