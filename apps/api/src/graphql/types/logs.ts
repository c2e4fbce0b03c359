// GraphQL query logs: stored records, newest first, as a connection with stable cursors.
import type { LogRecord } from "@tailrace/domain/log-record"
import { countLogs } from "@tailrace/store/read/count"
import { cursorOf, searchLogs } from "@tailrace/store/read/search"
import { type LogsArguments, logsFilter, pageSize, readLimits } from "../../questions/logs-request.ts"
import { type ApiContext, builder } from "../builder.ts"
import { LogRecordType } from "./log-record.ts"

interface Connection {
  readonly count: () => Promise<number>
  readonly records: ReadonlyArray<LogRecord>
  readonly hasNextPage: boolean
  readonly endCursor: string | undefined
}

const LogEdge = builder.objectRef<LogRecord>("LogEdge").implement({
  fields: (t) => ({
    cursor: t.string({ resolve: cursorOf }),
    node: t.field({ type: LogRecordType, resolve: (record) => record })
  })
})

export const PageInfo = builder.objectRef<Pick<Connection, "hasNextPage" | "endCursor">>("PageInfo").implement({
  fields: (t) => ({
    hasNextPage: t.exposeBoolean("hasNextPage"),
    endCursor: t.string({ nullable: true, resolve: (connection) => connection.endCursor ?? null })
  })
})

const LogConnection = builder.objectRef<Connection>("LogConnection").implement({
  fields: (t) => ({
    totalCount: t.float({
      extensions: { reads: 1 },
      description: "All records that match, counted only when asked for.",
      resolve: (connection) => connection.count()
    }),
    nodes: t.field({ type: [LogRecordType], resolve: (connection) => connection.records }),
    edges: t.field({ type: [LogEdge], resolve: (connection) => connection.records }),
    pageInfo: t.field({ type: PageInfo, resolve: (connection) => connection })
  })
})

const connection = async (
  input: LogsArguments & { readonly first?: number | null | undefined; readonly after?: string | null | undefined },
  context: ApiContext
): Promise<Connection> => {
  const filter = logsFilter(input, context)
  const limits = readLimits(context)
  const first = pageSize(input.first, 100, context)
  const count = (): Promise<number> => context.run(countLogs({ ...filter, limits }))
  if (first === 0) return { count, records: [], hasNextPage: false, endCursor: undefined }
  const page = await context.run(searchLogs({ ...filter, first, after: input.after ?? undefined, limits }))
  return { count, ...page }
}

builder.queryField("logs", (t) =>
  t.field({
    type: LogConnection,
    description: "Stored records that match a query, newest first.",
    args: {
      query: t.arg.string({ description: "In the query language; empty for everything." }),
      from: t.arg({ type: "DateTime", description: "Earliest time, inclusive." }),
      to: t.arg({ type: "DateTime", description: "Time before which." }),
      first: t.arg.int({ defaultValue: 100, description: "Records of the page." }),
      after: t.arg.string({ description: "Cursor of the record the page begins behind." }),
      tenant: t.arg.string({ description: "One tenant only." })
    },
    resolve: (_, input, context) => connection(input, context)
  })
)
