// The command redact: what the rules of redaction take out of a file, or the file without it.
import type { Action } from "@tailrace/redact/redact-config"
import { Argument, Command, Flag } from "effect/cli"
import { json } from "../endpoints.ts"
import { later } from "../later.ts"

const actions = ["replace", "mask", "last4", "hash", "remove"] as const satisfies ReadonlyArray<Action>

export const redactCommand = Command.make(
  "redact",
  {
    file: Argument.String("file").pipe(Argument.withDescription("File to read, or - for standard input")),
    rules: Flag.String("rules").pipe(
      Flag.withDescription("Rules or groups, separated by commas: secrets, cards, personal, addresses"),
      Flag.withDefault("secrets")
    ),
    action: Flag.Literals("action", actions).pipe(
      Flag.withDescription("What takes a value's place"),
      Flag.withDefault("replace" as const)
    ),
    check: Flag.Boolean("check").pipe(
      Flag.withDescription("Show only the lines that change, as they would be, and a count by rule"),
      Flag.withDefault(false)
    ),
    json
  },
  later(() => import("../work/redact.ts"))
).pipe(Command.withDescription("Take secrets out of a file, or show with --check what would go"))
