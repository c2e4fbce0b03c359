// FileChanges: notices that a file may have changed: by the operating system's notification, by SIGHUP, and by looking.
import { watch } from "node:fs"
import { dirname } from "node:path"
import { Effect, Queue } from "effect"

/** How often it is looked without any notification; some file systems give none. */
const lookMillis = 2_000
/** Editors write in several steps. */
const restMillis = 50

/**
 * Runs `look` after each hint that the file at `path` may have changed, one at a time, until interrupted. SIGHUP is a
 * hint too, unless the process belongs to a terminal, where it means that the terminal has gone.
 */
export const onFileChange = Effect.fnUntraced(function* <E, R>(path: string, look: Effect.Effect<void, E, R>) {
  const hints = yield* Queue.sliding<void>(1)
  const hint = () => {
    Queue.offerUnsafe(hints, undefined)
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => watchFolder(dirname(path), hint)),
    (stop) => Effect.sync(stop)
  )
  if (!process.stdin.isTTY) {
    yield* Effect.acquireRelease(
      Effect.sync(() => process.on("SIGHUP", hint)),
      () => Effect.sync(() => process.off("SIGHUP", hint))
    )
  }
  return yield* Effect.timeoutOption(Queue.take(hints), lookMillis).pipe(
    Effect.andThen(Effect.sleep(restMillis)),
    Effect.andThen(look),
    Effect.forever
  )
})

/** The folder, because a file that is replaced by renaming takes its watch with it. */
const watchFolder = (folder: string, hint: () => void): (() => void) => {
  try {
    const watcher = watch(folder, { persistent: false }, hint)
    watcher.on("error", () => watcher.close())
    return () => watcher.close()
  } catch {
    // No notifications here: looking finds it.
    return () => undefined
  }
}
