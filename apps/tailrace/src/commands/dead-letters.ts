// The command dead-letters: records set aside with their bytes, to be looked at, edited, replayed or dropped.
import { Command } from "effect/cli"
import { editCommand } from "./dead-letters/edit.ts"
import { dropCommand, replayCommand } from "./dead-letters/handle.ts"
import { listCommand } from "./dead-letters/list.ts"
import { showCommand } from "./dead-letters/show.ts"

export const deadLettersCommand = Command.make("dead-letters").pipe(
  Command.withDescription("Look at, edit, replay and drop records that could not be processed"),
  Command.withSubcommands([listCommand, showCommand, editCommand, replayCommand, dropCommand])
)
