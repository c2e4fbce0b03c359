// The command replay: a stretch of time of the raw stream through the pipeline again, or what would come of it.
import { Command, Flag } from "effect/cli"
import { json } from "../endpoints.ts"
import { later } from "../later.ts"
import { brokerFlags } from "../up/flags.ts"

const text = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

const flags = {
  from: Flag.String("from").pipe(Flag.withDescription("Messages stored at this time or later, ISO 8601")),
  to: text("to", "Messages stored before this time, ISO 8601; now when left out"),
  tenant: text("tenant", "Only of this tenant"),
  source: text("source", "Only of this source"),
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDescription("Publish nothing: count what the pipeline of --pipeline would make of it"),
    Flag.withDefault(false)
  ),
  pipeline: text("pipeline", "Pipeline file of a dry run; the default pipeline when left out"),
  rate: Flag.Int("rate").pipe(
    Flag.withDescription("Most records a second, 10,000 unless given"),
    Flag.withDefault(10_000)
  ),
  yes: Flag.Boolean("yes").pipe(
    Flag.withDescription("Publish, although rows that are stored already will be stored twice"),
    Flag.withDefault(false)
  ),
  json,
  ...brokerFlags
}

export const replayCommand = Command.make(
  "replay",
  flags,
  later(() => import("../work/replay.ts"))
).pipe(
  Command.withDescription(
    "Run a stretch of time of the raw stream through the pipeline again, or try what would come of it"
  )
)
