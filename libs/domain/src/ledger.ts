// Ledger: the accounts of frames, added up per minute, tenant and source.
import { addCount, type FrameAccount, keptOf } from "./frame-account.ts"

/** One row of the ledger. received = stored + deduplicated + dropped + rejected, exactly. */
export interface LedgerEntry {
  /** Start of the minute in which the frames were received, milliseconds since 1970. */
  readonly minute: number
  readonly tenant: string
  readonly source: string
  readonly partition: number
  /** First and last sequence of all that was added up together, not of the entry's own frames: the offset it carries. */
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

/** Adds up accounts until they are taken: one entry for each minute, tenant and source, in order of first appearance. */
export class LedgerTally {
  readonly #partition: number
  #entries = new Map<string, MutableEntry>()
  #firstSequence = 0
  #lastSequence = 0

  constructor(partition: number) {
    this.#partition = partition
  }

  /** Takes in the accounts of the frames of a batch; batches come in order of sequence. */
  add(frames: ReadonlyArray<FrameAccount>): void {
    const [first] = frames
    if (first === undefined) return
    if (this.#entries.size === 0) this.#firstSequence = first.sequence
    this.#lastSequence = (frames[frames.length - 1] as FrameAccount).sequence
    for (const frame of frames) addFrame(this.#entryOf(frame), frame)
  }

  /** What was added since the last time, each entry with the sequences that all of it covers. */
  take(): Array<LedgerEntry> {
    const taken = [...this.#entries.values()]
    this.#entries = new Map()
    return taken.map((entry) => {
      const droppedBy = Object.fromEntries(entry.dropped)
      const rejectedBy = Object.fromEntries(entry.rejected)
      return {
        minute: entry.minute,
        tenant: entry.tenant,
        source: entry.source,
        partition: this.#partition,
        firstSequence: this.#firstSequence,
        lastSequence: this.#lastSequence,
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

  #entryOf(frame: FrameAccount): MutableEntry {
    const minute = Math.floor(frame.receivedMillis / 60_000) * 60_000
    const id = `${minute} ${frame.tenant} ${frame.source}`
    let entry = this.#entries.get(id)
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
      this.#entries.set(id, entry)
    }
    return entry
  }
}

const addFrame = (entry: MutableEntry, frame: FrameAccount): void => {
  entry.received += frame.received
  entry.stored += keptOf(frame)
  entry.deduplicated += frame.deduplicated
  for (const [reason, count] of frame.dropped) addCount(entry.dropped, reason, count)
  for (const [reason, count] of frame.rejected) addCount(entry.rejected, reason, count)
}

/** Ledger entries of the frames of one batch. */
export const ledgerEntries = (partition: number, frames: ReadonlyArray<FrameAccount>): Array<LedgerEntry> => {
  const tally = new LedgerTally(partition)
  tally.add(frames)
  return tally.take()
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
