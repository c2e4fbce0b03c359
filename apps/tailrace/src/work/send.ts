// Send: reads a file or standard input and hands it to the collector in acknowledged chunks of whole lines.
import { createReadStream } from "node:fs"
import { basename, extname } from "node:path"
import { createGunzip } from "node:zlib"
import { fileProblem } from "@tailrace/config/file-problem"
import { toSubjectToken } from "@tailrace/domain/subjects"
import { Effect, Option, Stream } from "effect"
import { workFailure } from "../failure.ts"
import { endOfLines, LineChunks } from "../line-chunks.ts"
import { postChunk, type Receipt } from "../post-chunk.ts"
import { endOfRecords } from "../record-ends.ts"
import { Output } from "../terminal/output.ts"

const chunkBytes = 256 * 1024
const chunksInFlight = 4

interface SendInput {
  readonly file: string
  readonly source: Option.Option<string>
  readonly multiline: boolean
  readonly tenant: string
  readonly collector: string
  readonly json: boolean
}

export const run = Effect.fnUntraced(function* (input: SendInput) {
  const output = yield* Output
  const name = input.file === "-" ? "stdin" : basename(input.file, extname(input.file))
  const source = Option.getOrElse(input.source, () => toSubjectToken(name, "file"))
  const run = crypto.randomUUID()
  const chunks = new LineChunks(chunkBytes, input.multiline ? endOfRecords : endOfLines)
  let number = 0
  const total = { accepted: 0, rejected: 0, bytes: 0, errors: [] as Array<string> }
  const add = (receipt: Receipt, bytes: number): void => {
    total.accepted += receipt.accepted
    total.rejected += receipt.rejected
    total.bytes += bytes
    if (total.errors.length < 5) total.errors.push(...receipt.errors.slice(0, 5 - total.errors.length))
    output.progress(`${total.accepted} records, ${(total.bytes / 1e6).toFixed(1)} MB sent`)
  }
  const bytes = Stream.fromAsyncIterable(readable(input.file), (cause) =>
    workFailure(`cannot read ${input.file}: ${fileProblem(cause)}`)
  )
  const whole = Stream.concat(
    Stream.flatMap(bytes, (piece) => Stream.fromIterable(chunks.push(piece))),
    Stream.suspend(() => Stream.fromIterable(chunks.end()))
  )
  yield* whole.pipe(
    Stream.mapEffect(
      (chunk) =>
        postChunk({
          url: input.collector,
          source,
          tenant: input.tenant,
          multiline: input.multiline,
          chunk,
          key: `${run}-${number++}`
        }).pipe(Effect.map((receipt) => add(receipt, chunk.length))),
      { concurrency: chunksInFlight }
    ),
    Stream.runDrain
  )
  const { accepted, rejected } = total
  if (input.json || !output.isTerminal)
    yield* output.line(JSON.stringify({ source, accepted, rejected, bytes: total.bytes }))
  else yield* output.line(`sent ${accepted} records (${total.bytes} bytes) as ${source}`)
  if (rejected > 0) {
    return yield* workFailure(
      `${rejected} records were refused, the first ones because:\n  ${total.errors.join("\n  ")}`
    )
  }
})

/** Pieces of the file; a missing file fails at the first read. */
const readable = (file: string): AsyncIterable<Uint8Array> => {
  if (file === "-") return process.stdin
  const raw = createReadStream(file, { highWaterMark: chunkBytes })
  if (!file.endsWith(".gz")) return raw
  const unpacked = createGunzip()
  raw.on("error", (error) => unpacked.destroy(error))
  return raw.pipe(unpacked)
}
