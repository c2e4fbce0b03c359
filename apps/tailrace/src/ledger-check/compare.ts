// Compare: what raw stream, rows, rollup and ledger say of the same minutes, and every way in which they differ.
import { originOf, partitionOf } from "@tailrace/domain/subjects"
import type {
  LedgerSums,
  LetterCounts,
  Place,
  RollupDifference,
  RowCounts,
  WrongEntry
} from "@tailrace/store/read/ledger-check"
import { placeKey } from "./raw-counts.ts"

/** One thing that does not add up. */
export interface Difference {
  readonly between:
    | "raw"
    | "raw and ledger"
    | "rows and ledger"
    | "rows"
    | "rollup and rows"
    | "ledger"
    | "dead letters and ledger"
  /** Start of the minute, milliseconds since 1970: of reception, or of event time for the rollup. */
  readonly minute: number
  readonly tenant: string
  /** Undefined for the rollup, which does not know sources. */
  readonly source?: string
  readonly partition?: number
  readonly words: string
}

export interface Evidence {
  readonly ledger: ReadonlyArray<LedgerSums>
  readonly rows: ReadonlyArray<RowCounts>
  readonly wrong: ReadonlyArray<WrongEntry>
  readonly rollup: ReadonlyArray<RollupDifference>
  /** Empty when only some minutes are looked at. */
  readonly letters: ReadonlyArray<LetterCounts>
  /** What the raw stream still keeps, and what the ledger says of the same messages; undefined when it keeps none. */
  readonly raw:
    | {
        readonly counts: ReadonlyArray<Place & { readonly received: number }>
        readonly ledger: ReadonlyArray<LedgerSums>
      }
    | undefined
  readonly unread: ReadonlyArray<Unread>
}

/** Messages of the raw stream under a subject that no pipeline reads. */
export interface Unread {
  readonly subject: string
  readonly messages: number
}

export const differencesOf = (evidence: Evidence): ReadonlyArray<Difference> => {
  const found: Array<Difference> = []
  for (const { messages, subject } of evidence.unread)
    found.push({
      between: "raw",
      minute: 0,
      tenant: originOf(subject).tenant,
      partition: partitionOf(subject),
      words: `no pipeline reads ${subject}, under which ${messages} ${messages === 1 ? "message lies" : "messages lie"}`
    })
  for (const entry of evidence.wrong) found.push({ between: "ledger", ...placeOf(entry), words: wordsOf(entry) })
  for (const [place, one, other] of paired(evidence.rows, evidence.ledger)) {
    const stored = other?.stored ?? 0
    const distinct = one?.distinct ?? 0
    const rows = one?.rows ?? 0
    if (distinct !== stored)
      found.push({
        between: "rows and ledger",
        ...place,
        words: `logs holds ${records(distinct)}, the ledger says ${stored} were stored (${surplus(distinct - stored)})`
      })
    if (rows !== distinct)
      found.push({
        between: "rows",
        ...place,
        words: `${records(rows - distinct)} of ${rows} in logs are there twice: same partition, sequence and row`
      })
  }
  for (const one of evidence.letters) {
    if (one.letters === one.rejected) continue
    found.push({
      between: "dead letters and ledger",
      ...placeOf(one),
      words: `dead_letters holds ${records(one.letters)}, the ledger says ${one.rejected} were rejected (${surplus(one.letters - one.rejected)})`
    })
  }
  if (evidence.raw !== undefined)
    for (const [place, one, other] of paired(evidence.raw.counts, evidence.raw.ledger)) {
      const [held, received] = [one?.received ?? 0, other?.received ?? 0]
      if (held === received) continue
      found.push({
        between: "raw and ledger",
        ...place,
        words: `the raw stream holds ${records(held)}, the ledger says ${received} were received (${surplus(received - held)})`
      })
    }
  for (const { minute, rollup, rollupBytes, rowBytes, rows, service, severity, tenant } of evidence.rollup)
    found.push({
      between: "rollup and rows",
      minute,
      tenant,
      words:
        rows === rollup
          ? `service ${service || '""'}, severity ${severity || '""'}: logs_per_minute counts ${rollupBytes} bytes, logs holds ${rowBytes}`
          : `service ${service || '""'}, severity ${severity || '""'}: logs_per_minute counts ${records(rollup)}, logs holds ${rows} (${surplus(rollup - rows)})`
    })
  return found.sort((a, b) => a.minute - b.minute)
}

const placeOf = ({ minute, partition, source, tenant }: Place): Place => ({ minute, partition, source, tenant })

const wordsOf = ({ firstSequence, lastSequence, problem }: WrongEntry): string => {
  const batch = `the entry of messages ${firstSequence} to ${lastSequence}`
  if (problem === "doubled") return `${batch} is there more than once`
  if (problem === "overlapping") return `${batch} covers messages that another entry covers too`
  return `${batch} does not balance: received is not stored + deduplicated + dropped + rejected, by all their reasons`
}

const records = (count: number): string => `${count} ${count === 1 ? "record" : "records"}`
const surplus = (difference: number): string => (difference > 0 ? `${difference} too many` : `${-difference} missing`)

/** Both sides' entries of each place that either has. */
const paired = <A extends Place, B extends Place>(
  ones: ReadonlyArray<A>,
  others: ReadonlyArray<B>
): ReadonlyArray<readonly [Place, A | undefined, B | undefined]> => {
  const [first, second] = [
    new Map(ones.map((one) => [placeKey(one), one])),
    new Map(others.map((other) => [placeKey(other), other]))
  ]
  return [...new Set([...first.keys(), ...second.keys()])].map((key) => {
    const [one, other] = [first.get(key), second.get(key)]
    return [placeOf((one ?? other) as Place), one, other] as const
  })
}
