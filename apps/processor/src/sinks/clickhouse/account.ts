// Account: the ledger of a partition, added up batch by batch and stored when it is flushed.
import { LedgerTally } from "@tailrace/domain/ledger"
import type { LogBatch } from "@tailrace/domain/log-batch"
import { insertLedger } from "@tailrace/store/write/insert-rows"
import { Effect, Semaphore } from "effect"
import type { Inserts } from "./inserts.ts"

export class Account {
  readonly #ledger: Inserts
  readonly #tally: LedgerTally
  readonly #turn = Semaphore.makeUnsafe(1)
  #first = 0
  /** Last sequence of what is added up and not stored. */
  #waiting: number | undefined
  /** Last sequence of what was stored since somebody was told. */
  #flushed: number | undefined

  constructor(partition: number, ledger: Inserts) {
    this.#ledger = ledger
    this.#tally = new LedgerTally(partition)
  }

  /** Adds a batch that the ledger does not have. */
  add(batch: LogBatch): typeof this.store {
    return Effect.suspend(() => {
      if (batch.lastSequence <= this.#ledger.offset) return Effect.void
      if (this.#waiting === undefined) this.#first = batch.firstSequence
      this.#tally.add(batch.frames)
      this.#waiting = batch.lastSequence
      return this.#waiting === this.#ledger.left()?.last ? this.store : Effect.void
    })
  }

  get store() {
    return Effect.suspend(() => {
      const through = this.#waiting
      const first = this.#first
      const left = this.#ledger.left()
      const unfinished = left?.first === first && (through ?? 0) < left.last
      if (through === undefined || unfinished) return Effect.void
      const entries = this.#tally.take()
      this.#waiting = undefined
      return Effect.andThen(
        this.#ledger.store({ first, last: through }, (stamp) => insertLedger(entries, stamp)),
        Effect.sync(() => {
          this.#flushed = through
        })
      )
    }).pipe(this.#turn.withPermits(1))
  }

  /** Stores what waits; answers the last sequence the ledger then holds, undefined when nothing waited. */
  get flush() {
    return Effect.andThen(
      this.store,
      Effect.sync(() => {
        const through = this.#flushed
        this.#flushed = undefined
        return through
      })
    )
  }
}
