// GraphQL subscription tail: records as they are stored, complete or with a true count of what was left out.

import { apiError } from "../../questions/failure.ts"
import { parsedQuery } from "../../questions/logs-request.ts"
import { openLive } from "../../tail/live-limit.ts"
import { parseResumeToken } from "../../tail/resume-token.ts"
import type { TailBatch } from "../../tail/tail-subscriber.ts"
import { builder } from "../builder.ts"
import { LogRecordType } from "./log-record.ts"

const TailBatchType = builder.objectRef<TailBatch>("TailBatch").implement({
  description: "Records stored since the batch before: matched = number of rows + dropped, exactly.",
  fields: (t) => ({
    rows: t.field({
      type: [LogRecordType],
      description: "Matching records in the order they were stored.",
      resolve: (batch) => batch.rows
    }),
    matched: t.exposeFloat("matched", { description: "Records that matched since the batch before." }),
    dropped: t.exposeFloat("dropped", {
      description: "Those left out: over the rate, or because this subscriber was slow."
    }),
    lagMs: t.exposeFloat("lagMs", { description: "Age of the newest row: from reception to this moment." }),
    resumeToken: t.exposeString("resumeToken", { description: "Give it as `after` to go on behind this batch." })
  })
})

builder.subscriptionField("tail", (t) =>
  t.field({
    type: TailBatchType,
    description: "Matching records as they are stored, in batches.",
    args: {
      query: t.arg.string({ description: "In the query language; empty for everything." }),
      maxRowsPerSecond: t.arg.int({
        defaultValue: 1_000,
        description: "Most rows per second; what is left out is counted."
      }),
      after: t.arg.string({ description: "A resumeToken: records missed since come first." }),
      tenant: t.arg.string()
    },
    subscribe: (_, input, context) => {
      const after = input.after == null ? undefined : parseResumeToken(input.after)
      if (input.after != null && after === undefined) throw apiError("BAD_CURSOR", "after is no resumeToken of a tail")
      const rate = input.maxRowsPerSecond ?? 1_000
      if (rate < 1) throw apiError("BAD_INPUT", `maxRowsPerSecond is ${rate}, it must be 1 or more`)
      const query = input.query ?? ""
      const ast = parsedQuery(query)
      const tenant = input.tenant ?? undefined
      return openLive(context, (left) =>
        context.tails.subscribe({ query, ast, tenant, maxRowsPerSecond: rate, after, caller: context.caller }, left)
      )
    },
    resolve: (batch: TailBatch) => batch
  })
)
