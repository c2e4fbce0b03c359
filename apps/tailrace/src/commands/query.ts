// The command query: stored records that match a query, newest first.
import { Argument, Command, Flag } from "effect/cli"
import { apiUrl, json } from "../endpoints.ts"
import { later } from "../later.ts"

export const queryCommand = Command.make(
  "query",
  {
    query: Argument.String("query").pipe(
      Argument.withDescription("In the query language, such as 'level:error service:api \"timed out\"'"),
      Argument.withDefault("")
    ),
    from: Flag.String("from").pipe(Flag.withDescription("Earliest time, ISO 8601"), Flag.optional),
    to: Flag.String("to").pipe(Flag.withDescription("Time before which, ISO 8601"), Flag.optional),
    limit: Flag.Int("limit").pipe(
      Flag.withAlias("n"),
      Flag.withDescription("Most records to print"),
      Flag.withDefault(100)
    ),
    count: Flag.Boolean("count").pipe(
      Flag.withDescription("Print only how many records match"),
      Flag.withDefault(false)
    ),
    json,
    api: apiUrl
  },
  later(() => import("../work/query.ts"))
).pipe(Command.withDescription("Print stored records that match a query, newest first"))
