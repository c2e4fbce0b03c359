// GraphQL queries histogram, fields, values and sources: what the records of a range look like from above.
import { type FieldSummary, readFields } from "@tailrace/store/read/fields"
import { type HistogramBucket, histogram } from "@tailrace/store/read/histogram"
import { readSources, type SourceSummary } from "@tailrace/store/read/sources"
import { readValues, type ValueCount } from "@tailrace/store/read/values"
import { apiError } from "../../questions/failure.ts"
import { logsFilter, millisOf, pageSize, readLimits } from "../../questions/logs-request.ts"
import { builder } from "../builder.ts"

const Bucket = builder.objectRef<HistogramBucket>("HistogramBucket").implement({
  fields: (t) => ({
    start: t.field({ type: "DateTime", resolve: (bucket) => bucket.start }),
    total: t.exposeFloat("total"),
    bySeverity: t.field({ type: "JSON", description: "Records by severity.", resolve: (bucket) => bucket.bySeverity })
  })
})

const Field = builder.objectRef<FieldSummary>("Field").implement({
  fields: (t) => ({
    name: t.exposeString("name"),
    origin: t.exposeString("origin", { description: "attribute or resource." }),
    type: t.exposeString("type", { description: "number, boolean or text." }),
    records: t.exposeFloat("records"),
    values: t.exposeFloat("values", { description: "Different values seen, approximately." }),
    example: t.exposeString("example")
  })
})

const Value = builder.objectRef<ValueCount>("ValueCount").implement({
  fields: (t) => ({ value: t.exposeString("value"), records: t.exposeFloat("records") })
})

const Source = builder.objectRef<SourceSummary>("Source").implement({
  fields: (t) => ({
    tenant: t.exposeString("tenant"),
    source: t.exposeString("source"),
    received: t.exposeFloat("received"),
    stored: t.exposeFloat("stored"),
    dropped: t.exposeFloat("dropped"),
    rejected: t.exposeFloat("rejected"),
    lastMinute: t.field({ type: "DateTime", resolve: (source) => source.lastMinute })
  })
})

const stepsWanted = 60
const niceSteps = [
  1_000, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000, 10_800_000, 43_200_000, 86_400_000,
  604_800_000
]

builder.queryFields((t) => ({
  histogram: t.field({
    type: [Bucket],
    description: "Records per step of time, by severity; empty steps are left out.",
    args: {
      query: t.arg.string(),
      from: t.arg({ type: "DateTime", description: "An hour before `to` when left out." }),
      to: t.arg({ type: "DateTime", description: "Now when left out." }),
      stepSeconds: t.arg.float({ description: "Width of a step; about 60 steps when left out." }),
      tenant: t.arg.string()
    },
    resolve: (_, input, context) => {
      const to = input.to ?? BigInt(context.now()) * 1_000_000n
      const from = input.from ?? to - 3_600_000_000_000n
      const span = Number((to - from) / 1_000_000n)
      const nice = niceSteps.find((step) => span / step <= stepsWanted) ?? 604_800_000
      const stepMillis = input.stepSeconds == null ? nice : Math.round(input.stepSeconds * 1_000)
      if (!(stepMillis >= 1) || span / stepMillis > 10_000)
        throw apiError("LIMIT", "choose a step that gives 1 to 10,000 steps")
      return context.run(
        histogram({ ...logsFilter({ ...input, from, to }, context), from, to, stepMillis, limits: readLimits(context) })
      )
    }
  }),
  fields: t.field({
    type: [Field],
    description: "Attributes that the records of a range carry, most frequent first; for completion.",
    args: {
      query: t.arg.string(),
      from: t.arg({ type: "DateTime" }),
      to: t.arg({ type: "DateTime" }),
      contains: t.arg.string(),
      first: t.arg.int({ defaultValue: 200 }),
      tenant: t.arg.string()
    },
    resolve: async (_, input, context) =>
      (
        await context.run(
          readFields({
            ...logsFilter(input, context),
            first: pageSize(input.first, 200, context),
            contains: input.contains ?? "",
            limits: readLimits(context)
          })
        )
      ).fields
  }),
  values: t.field({
    type: [Value],
    description: "Most frequent values of a field; for completion.",
    args: {
      field: t.arg.string({ required: true }),
      query: t.arg.string(),
      from: t.arg({ type: "DateTime" }),
      to: t.arg({ type: "DateTime" }),
      contains: t.arg.string(),
      first: t.arg.int({ defaultValue: 50 }),
      tenant: t.arg.string()
    },
    resolve: (_, input, context) =>
      context.run(
        readValues({
          ...logsFilter(input, context),
          field: input.field,
          first: pageSize(input.first, 50, context),
          contains: input.contains ?? "",
          limits: readLimits(context)
        })
      )
  }),
  sources: t.field({
    type: [Source],
    description: "Who has been sending, how much and when last.",
    args: { since: t.arg({ type: "DateTime" }), tenant: t.arg.string() },
    resolve: (_, input, context) =>
      context.run(
        readSources({ tenant: input.tenant ?? undefined, since: millisOf(input.since), limits: readLimits(context) })
      )
  })
}))
