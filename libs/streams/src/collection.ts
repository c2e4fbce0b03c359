// Collection: how the garbage collector of a process that streams frames is set.
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

/**
 * Counts buffers towards the heap's own limits. By default 64 MB of new buffers begin a full collection, however few
 * objects there are; a stream of frames fills that several times a second, and a quarter of the process's CPU went into
 * collections that found nothing. To be called once, when the process starts.
 */
export const collectByHeapLimits = (): void => setFlagsFromString("--external-memory-accounted-in-global-limit")

/**
 * Lets the heap grow to four times what the last full collection left, always. For a process that keeps little: there the
 * limit that V8 chooses lies, by chance of when the last collection came, above or below what buffers take between two
 * collections of young objects, and below it one full collection follows the other. To be called once, at the start.
 */
export const collectLittleSeldom = (): void => setFlagsFromString("--heap-growing-percent=300")

/**
 * Collects once, a while after the start, and gives the room back to the system: a third of what is resident by then is what
 * reading programs and configurations left behind. Takes about 20 ms. To be called once, at the start.
 */
export const collectOnceStarted = (afterMillis = 10_000): void => {
  setFlagsFromString("--expose-gc")
  const gc: NodeJS.GCFunction = runInNewContext("gc")
  setTimeout(() => void gc({ type: "major", execution: "async", flavor: "last-resort" }), afterMillis).unref()
}
