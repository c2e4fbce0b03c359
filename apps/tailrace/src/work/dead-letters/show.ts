// Show: prints one letter with everything known about it, its bytes made safe for a terminal.
import { Effect } from "effect"
import { escapeBytes, escapeForTerminal } from "../../terminal/escape.ts"
import { Output } from "../../terminal/output.ts"
import { readLetter } from "./letter.ts"

interface ShowInput {
  readonly id: string
  readonly raw: boolean
  readonly json: boolean
  readonly api: string
}

export const run = Effect.fnUntraced(function* (input: ShowInput) {
  const output = yield* Output
  const letter = yield* readLetter(input.api, input.id, output)
  const bytes = Buffer.from(letter.payload, "base64")
  if (input.raw) return yield* output.bytes(bytes)
  if (input.json || !output.isTerminal) return yield* output.line(JSON.stringify(letter))
  const facts: ReadonlyArray<readonly [string, string]> = [
    ["id", letter.id],
    ["state", letter.handledAt === null ? letter.state : `${letter.state} ${letter.handledAt}`],
    ["tenant/source", `${letter.tenant}/${letter.source}`],
    ["rejected", `${letter.rejectedAt} by ${letter.stage} of pipeline ${letter.pipelineVersion}`],
    ["reason", letter.reason],
    ["detail", letter.detail],
    ["records", String(letter.records)],
    ...Object.entries(letter.headers).map(([name, value]) => [name, value] as const)
  ]
  for (const [name, value] of facts)
    yield* output.line(`${output.style("bold", escapeForTerminal(name).padEnd(18))} ${escapeForTerminal(value)}`)
  yield* output.line(output.style("bold", `${bytes.length} bytes as they came in`))
  yield* output.line(escapeBytes(bytes))
  if (letter.edited === null) return
  const edited = Buffer.from(letter.edited, "base64")
  yield* output.line(output.style("bold", `${edited.length} bytes as edited`))
  yield* output.line(escapeBytes(edited))
})
