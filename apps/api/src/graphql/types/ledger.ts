// GraphQL query ledger: what became of every record received, and whether it adds up.
import type { LedgerLine } from "@tailrace/store/read/ledger"
import { type LedgerTotals, readLedgerWithTotals } from "../../questions/ledger-totals.ts"
import { millisOf, pageSize, readLimits } from "../../questions/logs-request.ts"
import { builder } from "../builder.ts"

interface Ledger extends LedgerTotals {
  readonly entries: ReadonlyArray<LedgerLine>
}

const LedgerEntry = builder.objectRef<LedgerLine>("LedgerEntry").implement({
  description: "One minute of one source: received = stored + deduplicated + dropped + rejected.",
  fields: (t) => ({
    minute: t.field({ type: "DateTime", resolve: (entry) => entry.minute }),
    tenant: t.exposeString("tenant"),
    source: t.exposeString("source"),
    received: t.exposeFloat("received"),
    stored: t.exposeFloat("stored"),
    deduplicated: t.exposeFloat("deduplicated"),
    dropped: t.exposeFloat("dropped"),
    rejected: t.exposeFloat("rejected"),
    droppedBy: t.field({ type: "JSON", description: "Dropped records by rule.", resolve: (entry) => entry.droppedBy }),
    rejectedBy: t.field({
      type: "JSON",
      description: "Dead-lettered records by reason.",
      resolve: (entry) => entry.rejectedBy
    }),
    unaccounted: t.exposeFloat("balance")
  })
})

const LedgerType = builder.objectRef<Ledger>("Ledger").implement({
  description: "The account of what was received. Records still on their way are in none of its counts.",
  fields: (t) => ({
    entries: t.field({
      type: [LedgerEntry],
      description: "Newest minute first, at most `first`; the totals count all.",
      resolve: (ledger) => ledger.entries
    }),
    received: t.exposeFloat("received"),
    stored: t.exposeFloat("stored"),
    deduplicated: t.exposeFloat("deduplicated"),
    dropped: t.exposeFloat("dropped"),
    rejected: t.exposeFloat("rejected"),
    droppedBy: t.field({
      type: "JSON",
      description: "Dropped records by rule.",
      resolve: (ledger) => ledger.droppedBy
    }),
    rejectedBy: t.field({
      type: "JSON",
      description: "Dead-lettered records by reason.",
      resolve: (ledger) => ledger.rejectedBy
    }),
    unaccounted: t.exposeFloat("unaccounted", {
      description: "What received differs by from the sum of its ends, entry by entry."
    }),
    balanced: t.boolean({ resolve: (ledger) => ledger.unaccounted === 0 })
  })
})

builder.queryField("ledger", (t) =>
  t.field({
    type: LedgerType,
    description: "What became of every record received, per minute, tenant and source.",
    args: {
      from: t.arg({ type: "DateTime", description: "Earliest minute of reception, inclusive." }),
      to: t.arg({ type: "DateTime", description: "Minute before which." }),
      first: t.arg.int({ defaultValue: 1_000, description: "Most entries." }),
      source: t.arg.string(),
      tenant: t.arg.string()
    },
    resolve: async (_, input, context) => {
      const request = {
        tenant: input.tenant ?? undefined,
        source: input.source ?? undefined,
        from: millisOf(input.from),
        to: millisOf(input.to),
        first: pageSize(input.first, 1_000, context),
        limits: readLimits(context)
      }
      const { entries, totals } = await context.run(readLedgerWithTotals(request))
      return { ...totals, entries }
    }
  })
)
