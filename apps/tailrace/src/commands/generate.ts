// The command generate: seeded, numbered demonstration logs on standard output.

import { Clock, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { generatorFormats, messageWriter } from "../generate/log-generator.ts"
import { Output } from "../terminal/output.ts"

const linesPerWrite = 500

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
  Effect.fnUntraced(function* (input) {
    const output = yield* Output
    const write = messageWriter(input.format, input.seed)
    const begun = yield* Clock.currentTimeMillis
    const wanted = input.count === 0 ? Number.POSITIVE_INFINITY : input.count
    for (let number = 0; number < wanted; ) {
      const now = yield* Clock.currentTimeMillis
      const due = input.rate === 0 ? wanted : Math.floor(((now - begun) / 1_000) * input.rate) + 1
      const lines: Array<string> = []
      while (number < Math.min(due, wanted) && lines.length < linesPerWrite) lines.push(write(number++, now))
      if (lines.length > 0) yield* output.line(lines.join("\n"))
      else yield* Effect.sleep("5 millis")
    }
  })
).pipe(Command.withDescription("Write demonstration logs to standard output, to pipe into `tailrace send -`"))
