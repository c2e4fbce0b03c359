// The command test: runs the `tests:` blocks of pipeline files.
import { Argument, Command } from "effect/cli"
import { json } from "../endpoints.ts"
import { later } from "../later.ts"

export const testCommand = Command.make(
  "test",
  {
    path: Argument.String("path").pipe(
      Argument.withDescription("Pipeline file, or a folder of them"),
      Argument.withDefault("examples")
    ),
    json
  },
  later(() => import("../work/test.ts"))
).pipe(Command.withDescription("Run the tests: blocks of pipeline files"))
