// Recognise: whether a file that turned up is one that was read before, a copy of one, or new.
import { randomUUID } from "node:crypto"
import { dirname } from "node:path"
import { type Checkpoint, continues, nothing, type ReadRange } from "./checkpoint.ts"
import { stemOf } from "./source-name.ts"

export interface Found {
  readonly path: string
  readonly key: string
  readonly size: number
  readonly read: ReadRange
}

export interface Recognised {
  /** What to go on from; one that nothing is known of begins at 0. */
  readonly checkpoint: Checkpoint
  /** What was read of this file last, where it does not have all of it any more; the checkpoint is then of what it was before that. */
  readonly shorter?: Checkpoint
}

/**
 * The checkpoint to go on from; "later" for a copy of a file that is still being read: how far that one comes is not
 * known before it is truncated or gone. `isLive` says whether the file of a checkpoint is being read.
 */
export const recognise = async (
  found: Found,
  candidates: Iterable<Checkpoint>,
  isLive: (checkpoint: Checkpoint) => boolean
): Promise<Recognised | "later"> => {
  let shorter: Checkpoint | undefined
  let copyOfLive = false
  let copyOf: Checkpoint | undefined
  for (const one of candidates) {
    const same = one.key === found.key
    const alive = one.goneAt === undefined && one.whole === undefined
    if (!same && (one.offset === 0 || familyOf(one.path) !== familyOf(found.path))) continue
    if (found.size < one.offset || !(await continues(one, found.read))) {
      if (alive && isSameFile(one, found)) shorter = one
      continue
    }
    const { goneAt, whole: _, ...known } = one
    if (same && goneAt === undefined)
      return found.size < endOf(one) ? { checkpoint: fresh(found), shorter: one } : { checkpoint: known }
    // A file left whole and acknowledged says more than its own older generations.
    if (isLive(one)) copyOfLive = true
    else if (copyOf === undefined || one.offset > copyOf.offset) copyOf = known
  }
  if (copyOfLive) return "later"
  const checkpoint = copyOf === undefined ? fresh(found) : { ...copyOf, key: found.key }
  return { checkpoint, ...(shorter === undefined ? {} : { shorter }) }
}

export const fresh = ({ key, path }: Pick<Found, "path" | "key">): Checkpoint => ({
  ...{ id: randomUUID(), path, key, head: nothing, offset: 0, mark: nothing }
})

/** How far a file was read, what was being published included. */
export const endOf = ({ kept, offset, pending }: Checkpoint): number => kept ?? pending ?? offset

/** A device may have another number after a restart of the machine. */
const isSameFile = (one: Checkpoint, found: Found): boolean =>
  one.key === found.key || (one.path === found.path && inodeOf(one.key) === inodeOf(found.key))

const inodeOf = (key: string): string => key.slice(key.indexOf(":"))

/** Rotation leaves a file in its folder under its name with a suffix; equal content elsewhere is another log. */
const familyOf = (path: string): string => `${dirname(path)} ${stemOf(path)}`

/** Checkpoints by the file's key and by its family, so that each file that turns up is compared with few. */
export const indexOf = (checkpoints: Iterable<Checkpoint>): ((path: string, key: string) => Set<Checkpoint>) => {
  const index = new Map<string, Array<Checkpoint>>()
  const add = (name: string, one: Checkpoint) => {
    const list = index.get(name)
    if (list === undefined) index.set(name, [one])
    else list.push(one)
  }
  for (const one of checkpoints) {
    add(one.key, one)
    add(familyOf(one.path), one)
  }
  return (path, key) => new Set([...(index.get(key) ?? []), ...(index.get(familyOf(path)) ?? [])])
}
