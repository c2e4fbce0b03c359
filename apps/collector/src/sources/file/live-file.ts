// Live file: a file that is being read, with what its set of files remembers of it.
import type { TrackedFile, Turn } from "./tracked-file.ts"

/** A file that is being read. */
export interface LiveFile {
  readonly file: TrackedFile
  readonly turn: () => Promise<Turn>
  version: string
  /** Size of the gzip file whose unpacked copy this is. */
  readonly packedSize: number | undefined
  complaint: string
  /** Read to its end for good: a turn more would open a file that nobody closes. */
  ended: boolean
}
