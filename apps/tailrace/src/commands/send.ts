// The command send: a file or standard input to the collector, in acknowledged chunks of whole lines.
import { Argument, Command, Flag } from "effect/cli"
import { collectorUrl, json, tenant } from "../endpoints.ts"
import { later } from "../later.ts"

export const sendCommand = Command.make(
  "send",
  {
    file: Argument.String("file").pipe(
      Argument.withDescription("File to send (.gz is unpacked), or - for standard input")
    ),
    source: Flag.String("source").pipe(
      Flag.withAlias("s"),
      Flag.withDescription("Source name; by default the file's name"),
      Flag.optional
    ),
    multiline: Flag.Boolean("multiline").pipe(
      Flag.withDescription("Join lines that continue a record, such as those of a stack trace"),
      Flag.withDefault(false)
    ),
    tenant,
    collector: collectorUrl,
    json
  },
  later(() => import("../work/send.ts"))
).pipe(Command.withDescription("Send a file or standard input to the collector, line by line"))
