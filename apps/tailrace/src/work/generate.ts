// Generate: writes demonstration logs to standard output, at a rate or as fast as they are read.

import { Clock, Effect } from "effect"
import { type GeneratorFormat, messageWriter } from "../generate/log-generator.ts"
import { Output } from "../terminal/output.ts"

const linesPerWrite = 500

interface GenerateInput {
  readonly format: GeneratorFormat
  readonly count: number
  readonly rate: number
  readonly seed: number
}

export const run = Effect.fnUntraced(function* (input: GenerateInput) {
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
