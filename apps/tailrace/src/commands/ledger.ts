// The command ledger: what became of every record received, and whether it adds up.
import { Command, Flag } from "effect/cli"
import { apiUrl, json } from "../endpoints.ts"
import { later } from "../later.ts"
import { connectionFlags } from "../up/flags.ts"

export const ledgerCommand = Command.make(
  "ledger",
  {
    from: Flag.String("from").pipe(Flag.withDescription("Earliest minute, ISO 8601"), Flag.optional),
    to: Flag.String("to").pipe(Flag.withDescription("Minute before which, ISO 8601"), Flag.optional),
    check: Flag.Boolean("check").pipe(
      Flag.withDescription("Count anew from raw stream, rows and rollup, without the api, and name every difference"),
      Flag.withDefault(false)
    ),
    json,
    api: apiUrl,
    ...connectionFlags
  },
  later(() => import("../work/ledger.ts"))
).pipe(Command.withDescription("Show what became of every record received; fails when it does not add up"))
