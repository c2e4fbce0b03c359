// The command generate: seeded, numbered demonstration logs on standard output.
import { Command, Flag } from "effect/cli"
import { generatorFormats } from "../generate/log-generator.ts"
import { later } from "../later.ts"

export const generateCommand = Command.make(
  "generate",
  {
    format: Flag.Literals("format", generatorFormats).pipe(
      Flag.withAlias("f"),
      Flag.withDescription("How messages are written"),
      Flag.withDefault("json")
    ),
    count: Flag.Int("count").pipe(
      Flag.withAlias("n"),
      Flag.withDescription("Messages to write; 0 goes on until stopped"),
      Flag.withDefault(1_000)
    ),
    rate: Flag.Int("rate").pipe(
      Flag.withDescription("Messages per second; 0 as fast as they are read"),
      Flag.withDefault(0)
    ),
    seed: Flag.Int("seed").pipe(
      Flag.withDescription("The same seed writes the same messages, but for their times"),
      Flag.withDefault(1)
    )
  },
  later(() => import("../work/generate.ts"))
).pipe(Command.withDescription("Write demonstration logs to standard output, to pipe into `tailrace send -`"))
