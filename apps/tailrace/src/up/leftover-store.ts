// Leftover store: the store front of a killed instance, which ends by itself and is waited for.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { runsFront } from "@tailrace/store/front/program"
import { Effect, Schedule } from "effect"

/** Milliseconds between two looks. */
const lookMillis = 20

/**
 * Waits until the store front that a killed instance left behind has closed: it holds the port and the data folder for
 * a moment longer. One that takes longer than `patienceMillis`, because the machine is busy, is killed, which the data
 * survives; a store front that somebody runs by itself is left to the checks that follow.
 */
export const awaitLeftoverStore = (folder: string, patienceMillis = 15_000): Effect.Effect<void> => {
  const gone = Effect.suspend(() =>
    isStoreFront(holderOf(folder)) ? Effect.fail("alive" as const) : Effect.void
  ).pipe(
    Effect.retry(Schedule.spaced(lookMillis).pipe(Schedule.upTo({ times: Math.ceil(patienceMillis / lookMillis) })))
  )
  const end = Effect.sync(() => {
    const pid = holderOf(folder)
    if (isStoreFront(pid) && isChild(pid)) process.kill(pid, "SIGKILL")
  })
  return gone.pipe(
    Effect.catch(() => Effect.andThen(end, gone)),
    Effect.ignore
  )
}

/** The engine leaves its process id in its data folder. */
const holderOf = (folder: string): number => {
  try {
    return Number(/^PID: (\d+)/m.exec(readFileSync(join(folder, "status"), "utf8"))?.[1])
  } catch {
    return Number.NaN
  }
}

/** Whether a store front was started by an instance: it then got its options as a message and has no arguments. */
const isChild = (pid: number): boolean => runsFront(commandOf(pid))?.alone === true

/** Whether a process is a running store front; false where the system has no /proc: then the start itself tells. */
const isStoreFront = (pid: number): boolean => runsFront(commandOf(pid)) !== undefined

/** Program and arguments of a process, each ended by a zero; empty when there is none. */
const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8")
  } catch {
    return ""
  }
}
