// FrameAccount: what became of the records of one frame. The ledger is the sum of these.

/** Counts of one frame; received = kept + dropped + rejected + deduplicated, at any time. */
export interface FrameAccount {
  /** Sequence of the frame's raw message. */
  readonly sequence: number
  readonly tenant: string
  readonly source: string
  /** When the collector (or, for bare messages, the broker) received it, milliseconds since 1970. */
  readonly receivedMillis: number
  /** Records in the frame. */
  received: number
  /** Records already seen under their idempotency key. */
  deduplicated: number
  /** Records dropped by a named rule: rule name to count. */
  readonly dropped: Map<string, number>
  /** Records that went to dead letters: reason to count. */
  readonly rejected: Map<string, number>
}

/** Records of the frame that are neither dropped, rejected nor deduplicated. */
export const keptOf = (account: FrameAccount): number =>
  account.received - account.deduplicated - sumOf(account.dropped) - sumOf(account.rejected)

/** Sum of the counts of all reasons. */
const sumOf = (counts: ReadonlyMap<string, number>): number => {
  let sum = 0
  for (const count of counts.values()) sum += count
  return sum
}

/** Adds to the count of a reason. */
export const addCount = (counts: Map<string, number>, reason: string, count: number): void => {
  counts.set(reason, (counts.get(reason) ?? 0) + count)
}

/** Takes records into the account that were dropped before their frame was published: received, and dropped by reason. */
export const countDropped = (account: FrameAccount, dropped: Readonly<Record<string, number>>): void => {
  for (const [reason, count] of Object.entries(dropped)) {
    account.received += count
    addCount(account.dropped, reason, count)
  }
}

/** Takes records into the account that never became rows: received, and rejected for a reason. */
export const countRejected = (account: FrameAccount, reason: string, records: number): void => {
  account.received += records
  if (records > 0) addCount(account.rejected, reason, records)
}
