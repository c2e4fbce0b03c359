// Failure: what a command tells a person when it cannot do its work, and the exit code it ends with.
import { Schema } from "effect"

/** 0 done; 1 the work failed; 2 wrong usage or a bad query or file; 3 a server could not be reached. */
export const exitCodes = { failed: 1, usage: 2, unreachable: 3 } as const

export class CommandFailure extends Schema.TaggedError<CommandFailure>()("CommandFailure", {
  message: Schema.String,
  exitCode: Schema.Number
}) {}

export const usageFailure = (message: string): CommandFailure =>
  new CommandFailure({ message, exitCode: exitCodes.usage })
export const workFailure = (message: string): CommandFailure =>
  new CommandFailure({ message, exitCode: exitCodes.failed })
export const unreachable = (message: string): CommandFailure =>
  new CommandFailure({ message, exitCode: exitCodes.unreachable })
