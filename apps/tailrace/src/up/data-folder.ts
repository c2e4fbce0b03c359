// Data folder: where one machine's Tailrace keeps everything; one running instance at a time.
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { Effect, type Scope } from "effect"
import { type CommandFailure, workFailure } from "../failure.ts"

export interface DataFolder {
  readonly root: string
  readonly nats: string
  readonly store: string
  readonly collector: string
}

export interface DataFolderState {
  readonly root: string
  /** Process id of the running instance that holds it. */
  readonly holder: number | undefined
}

/** Who holds the folder, without touching it. */
export const dataFolderState = (path: string): DataFolderState => {
  const root = resolve(path)
  return { root, holder: holderOf(join(root, lockName)) }
}

const lockName = "instance.pid"

/** Opens (and makes, when absent) the folder and holds it until the scope ends. Fails when another instance holds it. */
export const openDataFolder = (path: string): Effect.Effect<DataFolder, CommandFailure, Scope.Scope> => {
  const root = resolve(path)
  const lock = join(root, lockName)
  const folder = { root, nats: join(root, "nats"), store: join(root, "store"), collector: join(root, "collector") }
  const take = Effect.try({
    try: () => {
      for (const one of Object.values(folder)) mkdirSync(one, { recursive: true, mode: 0o700 })
      // The folder itself may be one that somebody made; what is in it is ours, and an older release may have left it open.
      for (const one of [folder.nats, folder.store, folder.collector]) chmodSync(one, 0o700)
      const holder = holderOf(lock)
      if (holder === undefined) writeFileSync(lock, `${process.pid}\n`, { mode: 0o600 })
      return holder
    },
    catch: (cause) =>
      workFailure(
        `cannot use the data folder ${root}: ${cause instanceof Error ? cause.message : String(cause)}; name another with --data`
      )
  }).pipe(
    Effect.flatMap((holder) =>
      holder === undefined
        ? Effect.succeed(folder)
        : Effect.fail(
            workFailure(
              `the data folder ${root} is in use by process ${holder}: stop that one first, or name another folder with --data`
            )
          )
    )
  )
  return Effect.acquireRelease(take, () => Effect.sync(() => rmSync(lock, { force: true })))
}

/** The living process that holds the lock file, or undefined. A file left by a crash holds nothing. */
const holderOf = (lock: string): number | undefined => {
  let pid: number
  try {
    pid = Number(readFileSync(lock, "utf8"))
  } catch {
    return undefined
  }
  return Number.isSafeInteger(pid) && pid > 0 && pid !== process.pid && isTailrace(pid) ? pid : undefined
}

/** Whether a process lives and, where /proc can tell, is one of ours: process ids are used again. */
const isTailrace = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "EPERM"
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("tailrace")
  } catch {
    return true
  }
}
