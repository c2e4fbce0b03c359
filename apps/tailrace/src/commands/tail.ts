// The command tail: records as they are stored, live.
import { Argument, Command, Flag } from "effect/cli"
import { apiUrl, json } from "../endpoints.ts"
import { later } from "../later.ts"

export const tailCommand = Command.make(
  "tail",
  {
    query: Argument.String("query").pipe(
      Argument.withDescription("In the query language; everything by default"),
      Argument.withDefault("")
    ),
    max: Flag.Int("max").pipe(
      Flag.withDescription("Most records per second; what is left out is counted"),
      Flag.withDefault(1_000)
    ),
    json,
    api: apiUrl
  },
  later(() => import("../work/tail.ts"))
).pipe(Command.withDescription("Print records as they are stored, live"))
