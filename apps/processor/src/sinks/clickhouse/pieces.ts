// Pieces: a batch of which the store refuses something is stored piece by piece, in order, and what is refused alone is set aside.
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { OwnershipError } from "@tailrace/streams/lease"
import { Effect } from "effect"
import { SinkError } from "../../outputs/sink-error.ts"

type PieceFailure = SinkError | OwnershipError

export interface PieceStore<R> {
  /** Stores the rows that are selected now, all or none; a refusal of the data fails, unless it is to be held. */
  readonly insert: (refusals: "hold" | "pass") => Effect.Effect<void, PieceFailure, R>
  /** Stores a row, which is refused by itself, as a dead letter; answers the reason it is counted under. */
  readonly setAside: (row: number, error: SinkError) => Effect.Effect<string, SinkError, R>
  /** Says that the rows of a frame are stored one after the other from here on, or all are. */
  readonly split: (sequence: number, finished: boolean) => Effect.Effect<void, PieceFailure, R>
  /** Rows of the batch that may be set aside; then refusals are held. */
  readonly most: number
}

/**
 * Stores a refused batch by halves. Pieces begin and end with frames as long as they can, so that the highest stored
 * sequence stays an offset; within one frame the store is told first. Whatever happens in between, all rows before a
 * stored or dead one are settled. In the end the batch has the rows that were set aside rejected, and is as it was
 * otherwise. `refusal` is what the whole was refused with.
 */
export const storeInPieces = <R>(
  batch: LogBatch,
  refusal: SinkError,
  store: PieceStore<R>
): Effect.Effect<void, PieceFailure, R> => Effect.suspend(() => inPieces(batch, refusal, store))

const inPieces = <R>(
  batch: LogBatch,
  refusal: SinkError,
  store: PieceStore<R>
): Effect.Effect<void, PieceFailure, R> => {
  const selected = batch.selected.slice(0, batch.length)
  let left = store.most
  let splitting = false
  const select = (from: number, to: number): void => {
    batch.selected.fill(0, 0, batch.length)
    let count = 0
    for (let row = from; row < to; row++) count += batch.selected[row] = selected[row] as number
    batch.keptCount = count
  }
  const insert = (from: number, to: number) =>
    Effect.suspend(() => {
      select(from, to)
      return store.insert(left > 0 ? "pass" : "hold")
    }).pipe(Effect.ensuring(Effect.sync(() => select(0, batch.length))))

  const setAside = (row: number, error: SinkError) =>
    Effect.map(store.setAside(row, error), (reason) => {
      left--
      batch.reject(row, reason)
      selected[row] = 0
    })
  /** Stores the rows of a range; `known` is why it cannot be stored in one. Answers whether anything was refused. */
  const range = (from: number, to: number, known: SinkError | undefined): Effect.Effect<boolean, PieceFailure, R> =>
    Effect.gen(function* () {
      const rows = keptIn(selected, from, to)
      if (rows.length === 0) return false
      let error = known
      if (error === undefined || rows.length === 1) {
        const outcome = yield* Effect.result(insert(from, to))
        if (outcome._tag === "Success") return false
        if (!(outcome.failure instanceof SinkError)) return yield* outcome.failure
        error = outcome.failure
      }
      if (rows.length === 1) {
        yield* setAside(rows[0] as number, error)
        return true
      }
      const cut = cutOf(batch, rows)
      const within = batch.frame[rows[0] as number] === batch.frame[rows[rows.length - 1] as number]
      const begins = within && !splitting
      const sequence = batch.sequence[rows[0] as number] as number
      if (begins) {
        splitting = true
        yield* store.split(sequence, false)
      }
      // Where the first half is sound, the refusal was for the second.
      const refused = yield* range(from, cut, undefined)
      yield* range(cut, to, refused ? undefined : error)
      if (begins) {
        yield* store.split(sequence, true)
        splitting = false
      }
      return true
    })
  return Effect.asVoid(range(0, batch.length, refusal))
}

const keptIn = (selected: Uint8Array, from: number, to: number): Array<number> => {
  const rows: Array<number> = []
  for (let row = from; row < to; row++) if (selected[row] === 1) rows.push(row)
  return rows
}

/** Where rows are parted: in the middle, moved to the nearest end of a frame unless they are all of one. */
const cutOf = (batch: LogBatch, rows: ReadonlyArray<number>): number => {
  const frameOf = (index: number) => batch.frame[rows[index] as number] as number
  const middle = Math.floor(rows.length / 2)
  if (frameOf(0) === frameOf(rows.length - 1)) return rows[middle] as number
  const wanted = frameOf(middle) > frameOf(0) ? frameOf(middle) : frameOf(0) + 1
  return rows.find((row) => (batch.frame[row] as number) >= wanted) as number
}
