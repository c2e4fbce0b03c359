// Ledger: the account of the frames of a batch, added up per minute, tenant and source.
import { type FrameAccount, keptOf } from "./frame-account.ts"

/** One row of the ledger. received = stored + deduplicated + dropped + rejected, exactly. */
export interface LedgerEntry {
  /** Start of the minute in which the frames were received, milliseconds since 1970. */
  readonly minute: number
  readonly tenant: string
  readonly source: string
  readonly partition: number
  /** First and last sequence of the batch the entry is part of, not of the entry's own frames: the offset it carries. */
  readonly firstSequence: number
  readonly lastSequence: number
  readonly received: number
  readonly stored: number
  readonly deduplicated: number
  readonly dropped: number
  readonly rejected: number
  readonly droppedBy: Readonly<Record<string, number>>
  readonly rejectedBy: Readonly<Record<string, number>>
}

/** Ledger entries of the frames of one batch, in order of first appearance. */
export const ledgerEntries = (partition: number, frames: ReadonlyArray<FrameAccount>): Array<LedgerEntry> => {
  const entries = new Map<string, MutableEntry>()
  const firstSequence = frames[0]?.sequence ?? 0
  const lastSequence = frames[frames.length - 1]?.sequence ?? 0
  for (const frame of frames) {
    const minute = Math.floor(frame.receivedMillis / 60_000) * 60_000
    const id = `${minute} ${frame.tenant} ${frame.source}`
    let entry = entries.get(id)
    if (entry === undefined) {
      entry = {
        minute,
        tenant: frame.tenant,
        source: frame.source,
        received: 0,
        stored: 0,
        deduplicated: 0,
        dropped: new Map(),
        rejected: new Map()
      }
      entries.set(id, entry)
    }
    entry.received += frame.received
    entry.stored += keptOf(frame)
    entry.deduplicated += frame.deduplicated
    for (const [reason, count] of frame.dropped) entry.dropped.set(reason, (entry.dropped.get(reason) ?? 0) + count)
    for (const [reason, count] of frame.rejected) entry.rejected.set(reason, (entry.rejected.get(reason) ?? 0) + count)
  }
  return [...entries.values()].map((entry) => {
    const droppedBy = Object.fromEntries(entry.dropped)
    const rejectedBy = Object.fromEntries(entry.rejected)
    return {
      minute: entry.minute,
      tenant: entry.tenant,
      source: entry.source,
      partition,
      firstSequence,
      lastSequence,
      received: entry.received,
      stored: entry.stored,
      deduplicated: entry.deduplicated,
      dropped: sum(droppedBy),
      rejected: sum(rejectedBy),
      droppedBy,
      rejectedBy
    }
  })
}

interface MutableEntry {
  readonly minute: number
  readonly tenant: string
  readonly source: string
  received: number
  stored: number
  deduplicated: number
  readonly dropped: Map<string, number>
  readonly rejected: Map<string, number>
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0)
