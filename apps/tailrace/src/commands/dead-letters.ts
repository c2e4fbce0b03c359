// The command dead-letters: records set aside with their bytes, to be looked at, edited, replayed or dropped.
import { stageNames } from "@tailrace/domain/stage-name"
import { Argument, Command, Flag } from "effect/cli"
import { apiUrl, json } from "../endpoints.ts"
import { later } from "../later.ts"

const text = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

/** What picks letters. */
const filterFlags = {
  from: text("from", "Rejected at this time or later, ISO 8601"),
  to: text("to", "Rejected before this time, ISO 8601"),
  stage: Flag.Literals("stage", stageNames).pipe(Flag.withDescription("Only of this stage"), Flag.optional),
  reason: text("reason", "Only with this reason, exactly"),
  source: text("source", "Only of this source"),
  tenant: text("tenant", "Only of this tenant")
}

const letterId = Argument.String("id").pipe(
  Argument.withDescription("Id of a dead letter, such as default/sink/0-17-3")
)

/** Several letters by id, or all that wait and match. */
const pickFlags = {
  ids: Argument.String("id").pipe(Argument.withDescription("Ids of dead letters"), Argument.variadic()),
  ...filterFlags,
  all: Flag.Boolean("all").pipe(
    Flag.withDescription("All that wait and match the other flags, instead of ids"),
    Flag.withDefault(false)
  ),
  api: apiUrl
}

const listCommand = Command.make(
  "list",
  {
    ...filterFlags,
    state: Flag.Literals("state", ["waiting", "replayed", "dropped"]).pipe(
      Flag.withDescription("Only those that wait, were replayed or were dropped"),
      Flag.optional
    ),
    limit: Flag.Int("limit").pipe(
      Flag.withAlias("n"),
      Flag.withDescription("Most letters to print"),
      Flag.withDefault(100)
    ),
    json,
    api: apiUrl
  },
  later(() => import("../work/dead-letters/list.ts"))
).pipe(Command.withDescription("List dead letters, last rejected first"))

const showCommand = Command.make(
  "show",
  {
    id: letterId,
    raw: Flag.Boolean("raw").pipe(
      Flag.withDescription("Write the bytes as they came in to standard output, and nothing else"),
      Flag.withDefault(false)
    ),
    json,
    api: apiUrl
  },
  later(() => import("../work/dead-letters/show.ts"))
).pipe(Command.withDescription("Show one dead letter with its reason and its bytes"))

const editCommand = Command.make(
  "edit",
  {
    id: letterId,
    input: text("input", "File with the new bytes, instead of an editor"),
    output: text("output", "File to write the present bytes to; nothing is changed"),
    api: apiUrl
  },
  later(() => import("../work/dead-letters/edit.ts"))
).pipe(Command.withDescription("Change the bytes of a dead letter for its next replay; the original is kept"))

const replayCommand = Command.make(
  "replay",
  {
    ...pickFlags,
    original: Flag.Boolean("original").pipe(
      Flag.withDescription("The bytes as they came in, even where they were edited"),
      Flag.withDefault(false)
    ),
    again: Flag.Boolean("again").pipe(
      Flag.withDescription("Also what was replayed or dropped before"),
      Flag.withDefault(false)
    )
  },
  later(() => import("../work/dead-letters/replay.ts"))
).pipe(Command.withDescription("Publish dead letters again; the ledger counts them as received anew"))

const dropCommand = Command.make(
  "drop",
  pickFlags,
  later(() => import("../work/dead-letters/drop.ts"))
).pipe(Command.withDescription("Give dead letters up; they are kept until their time is over"))

export const deadLettersCommand = Command.make("dead-letters").pipe(
  Command.withDescription("Look at, edit, replay and drop records that could not be processed"),
  Command.withSubcommands([listCommand, showCommand, editCommand, replayCommand, dropCommand])
)
