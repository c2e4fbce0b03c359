// The command explain: what a query means, without running it.
import { Argument, Command } from "effect/cli"
import { json } from "../endpoints.ts"
import { later } from "../later.ts"

export const explainCommand = Command.make(
  "explain",
  { query: Argument.String("query").pipe(Argument.withDescription("In the query language")), json },
  later(() => import("../work/explain.ts"))
).pipe(Command.withDescription("Show what a query means: its canonical form, its problems, its SQL"))
