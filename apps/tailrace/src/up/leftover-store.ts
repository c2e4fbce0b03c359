// Leftover store: the store front of a killed instance, which ends by itself and is waited for.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Schedule } from "effect"

/**
 * Waits until the store front that a killed instance left behind has closed: it holds the port and the data folder for
 * a moment longer. One that stays for 15 seconds is left to the checks that follow.
 */
export const awaitLeftoverStore = (folder: string): Effect.Effect<void> =>
  Effect.suspend(() => (isStoreFront(holderOf(folder)) ? Effect.fail("alive" as const) : Effect.void)).pipe(
    Effect.retry(Schedule.spaced("20 millis").pipe(Schedule.upTo({ times: 750 }))),
    Effect.ignore
  )

/** The engine leaves its process id in its data folder. */
const holderOf = (folder: string): number => {
  try {
    return Number(/^PID: (\d+)/m.exec(readFileSync(join(folder, "status"), "utf8"))?.[1])
  } catch {
    return Number.NaN
  }
}

/** Whether a process is a running store front; false where the system has no /proc: then the start itself tells. */
const isStoreFront = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(join("front", "main.ts"))
  } catch {
    return false
  }
}
