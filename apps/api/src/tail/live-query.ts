// Live query: one query of one tenant, tried on the rows of each batch that a lookup shared by all queries answers for it.
import type { LogBatch } from "@tailrace/domain/log-batch"
import type { Node } from "@tailrace/query/ast"
import type { LookupEntry, RowLookup } from "@tailrace/query/row-lookup"
import { type RowPredicate, toPredicate } from "@tailrace/query/to-predicate"

export interface LiveQueryOptions {
  readonly query: string
  readonly ast: Node
  readonly tenant: string | undefined
}

/** How old "now" may be in a predicate, milliseconds. */
const nowLasts = 1_000

export class LiveQuery {
  private readonly options: LiveQueryOptions
  private readonly lookup: RowLookup
  private readonly now: () => number
  private readonly entry: LookupEntry
  private readonly speaksOfNow: boolean
  private predicate: RowPredicate
  /** When the predicate was made; queries that speak of now are made anew as time goes. */
  private madeAt: number

  /** `now` in milliseconds since 1970. */
  constructor(options: LiveQueryOptions, lookup: RowLookup, now: () => number) {
    this.options = options
    this.lookup = lookup
    this.now = now
    this.entry = lookup.add(options.ast, options)
    this.speaksOfNow = speaksOfNow.test(options.query)
    this.madeAt = now()
    this.predicate = makePredicate(options, this.madeAt)
  }

  /** Rows behind a sequence that match, of the batch that the lookup has read last. */
  matching(batch: LogBatch, behind: number): ReadonlyArray<number> {
    const candidates = this.lookup.rowsOf(this.entry)
    if (candidates?.length === 0) return candidates
    this.renew()
    const { predicate } = this
    const { sequence } = batch
    const rows: Array<number> = []
    if (candidates !== undefined) {
      for (const row of candidates) if ((sequence[row] as number) > behind && predicate(batch, row)) rows.push(row)
      return rows
    }
    for (let row = 0; row < batch.length; row++)
      if ((sequence[row] as number) > behind && predicate(batch, row)) rows.push(row)
    return rows
  }

  /** Leaves the lookup. */
  end(): void {
    this.lookup.remove(this.entry)
  }

  private renew(): void {
    if (!this.speaksOfNow) return
    const now = this.now()
    if (now - this.madeAt < nowLasts) return
    this.predicate = makePredicate(this.options, now)
    this.madeAt = now
  }
}

const speaksOfNow = /\btime\s*:|\bnow\b/

const makePredicate = ({ ast, tenant }: LiveQueryOptions, now: number): RowPredicate => {
  const matches = toPredicate(ast, { now })
  return tenant === undefined ? matches : (batch, row) => batch.tenant.textAt(row) === tenant && matches(batch, row)
}
