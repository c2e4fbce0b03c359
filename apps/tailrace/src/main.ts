#!/usr/bin/env node
// The command line of Tailrace: `up` runs everything on one machine, the other commands talk to it.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { withShownUrls } from "@tailrace/domain/shown-url"
import { Cause, Console, Effect, Exit, Layer } from "effect"
import { Command } from "effect/cli"
import manifest from "../package.json" with { type: "json" }
import { checkCommand } from "./commands/check.ts"
import { deadLettersCommand } from "./commands/dead-letters.ts"
import { doctorCommand } from "./commands/doctor.ts"
import { explainCommand } from "./commands/explain.ts"
import { generateCommand } from "./commands/generate.ts"
import { ledgerCommand } from "./commands/ledger.ts"
import { queryCommand } from "./commands/query.ts"
import { redactCommand } from "./commands/redact.ts"
import { replayCommand } from "./commands/replay.ts"
import { sendCommand } from "./commands/send.ts"
import { tailCommand } from "./commands/tail.ts"
import { testCommand } from "./commands/test.ts"
import { upCommand } from "./commands/up.ts"
import { CommandFailure, exitCodes } from "./failure.ts"
import { Output, shownOn } from "./terminal/output.ts"

const tailrace = Command.make("tailrace").pipe(
  Command.withDescription("Logs in, columns stored, answers out: an actor-model stream processor for logs"),
  Command.withSubcommands([
    upCommand,
    sendCommand,
    tailCommand,
    queryCommand,
    explainCommand,
    ledgerCommand,
    deadLettersCommand,
    replayCommand,
    doctorCommand,
    checkCommand,
    testCommand,
    redactCommand,
    generateCommand
  ])
)

const say = (failure: CommandFailure) => Console.error(shownOn(process.stderr, `tailrace: ${failure.message}`))

const exitCodeOf = (exit: Exit.Exit<unknown, unknown>): number => {
  if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return 0
  const error = Cause.squash(exit.cause)
  if (error instanceof CommandFailure) return error.exitCode
  if (typeof error === "object" && error !== null && "_tag" in error && String(error._tag).startsWith("ShowHelp"))
    return exitCodes.usage
  process.stderr.write(`${shownOn(process.stderr, `tailrace: ${withShownUrls(Cause.pretty(exit.cause))}`)}\n`)
  return exitCodes.failed
}

tailrace.pipe(
  Command.run({ version: manifest.version }),
  Effect.tapErrorTag("CommandFailure", say),
  // @effect-diagnostics-next-line strictEffectProvide:off
  Effect.provide(Layer.merge(NodeServices.layer, Output.layer)),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    teardown: (exit, onExit) => onExit(exitCodeOf(exit))
  })
)
