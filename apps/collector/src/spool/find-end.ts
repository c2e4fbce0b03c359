// FindEnd: what an earlier life left in the spool, with the write that a crash interrupted cut off.
import { rm, truncate } from "node:fs/promises"
import { keepDamage, type SpoolWatcher } from "./damage.ts"
import type { Damage } from "./record.ts"
import { readWhole, type Segment } from "./segment.ts"

/** What an earlier life left. */
export interface Found {
  readonly segments: Array<Segment>
  readonly last: number
  readonly ids: Set<string>
}

/** Removes what has been sent, cuts off the write that a crash interrupted, and reads where the order goes on. */
export const findEnd = async (
  folder: string,
  segments: Array<Segment>,
  next: number,
  watcher: SpoolWatcher
): Promise<Found> => {
  while (segments.length > 1 && (segments[1] as Segment).first <= next) await rm((segments.shift() as Segment).path)
  const aside = (segment: Segment, damage: Damage, bytes: Buffer) =>
    keepDamage(folder, segment, damage, bytes.subarray(damage.from, damage.to), watcher)
  const ids = new Set<string>()
  let last = 0
  for (let i = segments.length - 1, looked = 0; i >= 0 && looked < 2; i--) {
    const segment = segments[i] as Segment
    const { bytes, damages, end, records, torn } = await readWhole(segment)
    for (const { id, keyed } of records) if (keyed) ids.add(id)
    if (last > 0) break
    if (end < bytes.length) {
      const cut = bytes.length - end
      if (torn) watcher.warn(`cut ${cut} bytes of an interrupted write off ${segment.path}`)
      else await aside(segment, { from: end, to: bytes.length }, bytes)
      await truncate(segment.path, end)
      segment.bytes = end
    }
    last = records[records.length - 1]?.number ?? 0
    if (last >= next) looked++
    else {
      if (records.length === 0) for (const damage of damages) await aside(segment, damage, bytes)
      segments.splice(i, 1)
      await rm(segment.path)
    }
  }
  return { segments, last, ids }
}
