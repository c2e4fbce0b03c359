// GraphQL query ledger: what became of every record received, and whether it adds up.
import { type LedgerLine, readLedger } from "@tailrace/store/ledger"
import { builder } from "../builder.ts"
import { millisOf, readLimits } from "../logs-request.ts"

const counts = ["received", "stored", "deduplicated", "dropped", "rejected"] as const

interface Ledger extends Record<(typeof counts)[number], number> {
  readonly entries: ReadonlyArray<LedgerLine>
}

const sumOf = (entries: ReadonlyArray<LedgerLine>): Ledger => {
  const sum = (name: (typeof counts)[number]): number => entries.reduce((total, entry) => total + entry[name], 0)
  return {
    entries,
    received: sum("received"),
    stored: sum("stored"),
    deduplicated: sum("deduplicated"),
    dropped: sum("dropped"),
    rejected: sum("rejected")
  }
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
    entries: t.field({ type: [LedgerEntry], resolve: (ledger) => ledger.entries }),
    received: t.exposeFloat("received"),
    stored: t.exposeFloat("stored"),
    deduplicated: t.exposeFloat("deduplicated"),
    dropped: t.exposeFloat("dropped"),
    rejected: t.exposeFloat("rejected"),
    unaccounted: t.float({
      description: "Records for which received differs from the sum of its ends, over all entries.",
      resolve: (ledger) => ledger.entries.reduce((total, entry) => total + Math.abs(entry.balance), 0)
    }),
    balanced: t.boolean({ resolve: (ledger) => ledger.entries.every((entry) => entry.balance === 0) })
  })
})

builder.queryField("ledger", (t) =>
  t.field({
    type: LedgerType,
    description: "What became of every record received, per minute, tenant and source.",
    args: {
      from: t.arg({ type: "DateTime" }),
      to: t.arg({ type: "DateTime" }),
      source: t.arg.string(),
      tenant: t.arg.string()
    },
    resolve: async (_, input, context) =>
      sumOf(
        await context.run(
          readLedger({
            tenant: input.tenant ?? undefined,
            source: input.source ?? undefined,
            from: millisOf(input.from),
            to: millisOf(input.to),
            limits: readLimits(context)
          })
        )
      )
  })
)
