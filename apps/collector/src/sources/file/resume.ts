// Resume: the checkpoint from which a file that turned up is read, kept on the disk before anything is read of it.
import { randomUUID } from "node:crypto"
import { type Checkpoint, ContentTrace } from "./checkpoint.ts"
import type { CheckpointLog } from "./checkpoint-log.ts"
import { commonPart, hasCopy } from "./common-part.ts"
import { endOf, type Found, fresh, type Recognised, recognise } from "./recognise.ts"

export interface ResumeWorld {
  readonly log: CheckpointLog
  readonly now: () => number
  readonly warn: (message: string) => void
  /** Whether the file of a checkpoint is being read. */
  readonly isLive: (checkpoint: Checkpoint) => boolean
  /** Whether a file of which nothing is known begins at its end. */
  readonly skip: boolean
}

/** As `recognise`, which also knows a file that lost its end. */
export const resume = async (
  found: Found,
  candidates: Iterable<Checkpoint>,
  world: ResumeWorld
): Promise<Checkpoint | "later"> => {
  const { log, now } = world
  const recognised = await recognise(found, candidates, world.isLive)
  if (recognised === "later") return "later"
  let { checkpoint } = recognised
  const shorter =
    (await lastRead(found, recognised, log)) ??
    ((await wasPublishingOther(found, checkpoint, log)) ? checkpoint : undefined)
  if (shorter !== undefined) checkpoint = await afterLoss(found, shorter, world)
  for (const one of candidates) {
    // The inode has a new owner; what it was before may still turn up as a copy.
    const replaced = one.key === found.key && one.id !== checkpoint.id && one.goneAt === undefined
    if (replaced || (one === shorter && one.id !== checkpoint.id)) await log.save({ ...one, goneAt: now() })
  }
  if (!world.skip || checkpoint.offset > 0) return checkpoint
  const { size, read } = found
  const skipped = { ...checkpoint, offset: size, ...(await ContentTrace.of(read, size)).digests }
  await log.save(skipped)
  return skipped
}

/** What was read of the file last, where it has more of that than of what it was before, as after a second power failure. */
const lastRead = async ({ read, size }: Found, { checkpoint, shorter }: Recognised, log: CheckpointLog) => {
  if (shorter === undefined || checkpoint.offset === 0) return shorter
  const { end } = await commonPart(shorter, log.trails.of(shorter.id), size, read)
  return end > checkpoint.offset ? shorter : undefined
}

/** Whether the bytes that were being published when the life before ended are other ones now. */
const wasPublishingOther = async ({ read, size }: Found, checkpoint: Checkpoint, log: CheckpointLog) => {
  const { pending } = checkpoint
  if (pending === undefined) return false
  const { differs, end } = await commonPart(checkpoint, log.trails.of(checkpoint.id), size, read)
  return differs && end < endOf(checkpoint)
}

/** The checkpoint of a file that does not have all that was read of it: where what is the same ends, if anything is. */
const afterLoss = async (found: Found, before: Checkpoint, { log, warn }: ResumeWorld): Promise<Checkpoint> => {
  const { path, read, size } = found
  const what = `${path} had ${endOf(before)} bytes when it was read last and came back with ${size} of the same beginning`
  const { differs, end, pieces } = await commonPart(before, log.trails.of(before.id), size, read)
  // A program that truncates a file has copied it before.
  if (end === 0 || (await hasCopy(before))) {
    if (end === 0 && !differs)
      warn(`${what}; nothing is known of its lines, so it is read again and stored twice as far as it was read`)
    return fresh(found)
  }
  warn(
    `${what}, as after a power failure: it is read on at byte ${end}, ` +
      (differs
        ? "behind the last line that is as it was; a new line that equals the lost one in its place is taken for that"
        : "and stored twice as far as it was read before, because nothing is known of the lines there")
  )
  const { offset, pending } = before
  // Some of these bytes may have been published: they are once more, under the same ids.
  if (pending !== undefined && end > offset) {
    const resumed = { ...before, key: found.key, kept: Math.min(end, pending) }
    await log.save(resumed)
    return resumed
  }
  const { digests } = await ContentTrace.of(read, end)
  const resumed = { id: randomUUID(), path: before.path, key: found.key, offset: end, ...digests }
  await log.save(resumed, pieces)
  return resumed
}
