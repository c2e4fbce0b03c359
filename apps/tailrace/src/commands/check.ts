// The command check: whether a pipeline file is sound, with every problem and where it stands.
import { Argument, Command } from "effect/cli"
import { json } from "../endpoints.ts"
import { later } from "../later.ts"

export const checkCommand = Command.make(
  "check",
  { file: Argument.String("config").pipe(Argument.withDescription("Pipeline file")), json },
  later(() => import("../work/check.ts"))
).pipe(Command.withDescription("Check a pipeline file: every problem with its line"))
