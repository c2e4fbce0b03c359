// Redact: reads a file line by line and writes it without what the rules take out, or tells what they would take.
import { createReadStream } from "node:fs"
import { type Action, RedactConfig } from "@tailrace/redact/redact-config"
import { Redactor } from "@tailrace/redact/redactor"
import { Effect, Schema, Stream } from "effect"
import { usageFailure, workFailure } from "../failure.ts"
import { LineChunks } from "../line-chunks.ts"
import { Output } from "../terminal/output.ts"

interface Input {
  readonly file: string
  readonly rules: string
  readonly action: Action
  readonly check: boolean
  readonly json: boolean
}

const chunkBytes = 65_536

export const run = Effect.fnUntraced(function* (input: Input) {
  const output = yield* Output
  const { action, check, file } = input
  const rules = input.rules.split(",").map((name) => name.trim())
  const config = yield* Schema.decodeUnknownEffect(RedactConfig)({ rules, action }).pipe(
    Effect.mapError((error) => usageFailure(`--rules: ${error.message}`))
  )
  const redactor = new Redactor(config)
  const chunks = new LineChunks(chunkBytes, (bytes) => bytes.lastIndexOf(10) + 1)
  let number = 0
  let changed = 0
  const take = (chunk: Uint8Array): Effect.Effect<void> =>
    check ? shown(chunk) : output.bytes(redactor.redact(chunk) ?? chunk)
  const shown = Effect.fnUntraced(function* (chunk: Uint8Array) {
    for (let start = 0; start < chunk.length; ) {
      const found = chunk.indexOf(10, start)
      const end = found < 0 ? chunk.length : found
      number++
      const clean = redactor.redact(chunk, start, end)
      if (clean !== undefined) {
        changed++
        if (!input.json) yield* output.line(`${number}: ${clean.toString()}`)
      }
      start = end + 1
    }
  })
  const stream = file === "-" ? process.stdin : createReadStream(file)
  yield* Stream.fromAsyncIterable(stream as AsyncIterable<Uint8Array>, (cause) =>
    workFailure(`cannot read ${file}: ${cause instanceof Error ? cause.message : cause}`)
  ).pipe(Stream.runForEach((piece) => Effect.forEach(chunks.push(piece), take, { discard: true })))
  yield* Effect.forEach(chunks.end(), take, { discard: true })
  if (!check) return
  const counts = Object.fromEntries([...redactor.counts].toSorted(([, a], [, b]) => b - a))
  if (input.json) return yield* output.line(JSON.stringify({ file, lines: number, changed, rules: counts }))
  const found = Object.entries(counts).map(([rule, count]) => `${rule} ${count}`)
  yield* output.note(`${changed} of ${number} lines would change${found.length === 0 ? "" : `: ${found.join(", ")}`}`)
})
