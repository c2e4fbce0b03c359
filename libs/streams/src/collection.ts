// Collection: how the garbage collector of a process that streams frames is set.
import { setFlagsFromString } from "node:v8"

/**
 * Counts buffers towards the heap's own limits. By default 64 MB of new buffers begin a full collection, however few
 * objects there are; a stream of frames fills that several times a second, and a quarter of the process's CPU went into
 * collections that found nothing. To be called once, when the process starts.
 */
export const collectByHeapLimits = (): void => setFlagsFromString("--external-memory-accounted-in-global-limit")
