// The command up: Tailrace on this machine, until it is stopped.
import { loggingFromEnvironment } from "@tailrace/telemetry/logging"
import { Command } from "effect/cli"
import { later } from "../later.ts"
import { upFlags } from "../up/flags.ts"

export const upCommand = Command.make(
  "up",
  upFlags,
  later(() => import("../work/up.ts"))
).pipe(
  Command.withDescription("Run everything on this machine: broker, store, collector, processor and api"),
  Command.provide(() => loggingFromEnvironment({ terminal: process.stdout.isTTY }))
)
