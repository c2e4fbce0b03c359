// The commands dead-letters replay and drop: letters published again, or given up.
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { workFailure } from "../../failure.ts"
import { graphqlRequest } from "../../graphql-request.ts"
import { escapeForTerminal } from "../../terminal/escape.ts"
import { Output, type OutputShape } from "../../terminal/output.ts"
import { pickFlags, pickIds } from "./letter.ts"

interface Outcome {
  readonly id: string
  readonly outcome: "done" | "skipped" | "missing"
  readonly message: string
}

/** Letters of one request. */
const atOnce = 200

/** Runs a mutation over letters in portions, and tells what became of each that was not done. */
const handle = Effect.fnUntraced(function* (
  work: { readonly url: string; readonly document: string; readonly variables: object; readonly done: string },
  ids: ReadonlyArray<string>,
  output: OutputShape
) {
  const counts = { done: 0, skipped: 0, missing: 0 }
  for (let at = 0; at < ids.length; at += atOnce) {
    const { outcomes } = yield* graphqlRequest<{ readonly outcomes: ReadonlyArray<Outcome> }>({
      url: work.url,
      document: work.document,
      variables: { ...work.variables, ids: ids.slice(at, at + atOnce) },
      style: output.style
    })
    for (const { id, message, outcome } of outcomes) {
      counts[outcome]++
      if (outcome !== "done") yield* output.note(`${escapeForTerminal(id)} ${outcome}: ${message}`)
    }
    output.progress(`${counts.done} of ${ids.length}`)
  }
  yield* output.line(`${work.done} ${counts.done} of ${ids.length} dead letters`)
  if (counts.missing > 0) return yield* workFailure(`${counts.missing} dead letters do not exist`)
})

export const replayCommand = Command.make(
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
  Effect.fnUntraced(function* (input) {
    const output = yield* Output
    const ids = yield* pickIds(input, output)
    const document = `mutation ($ids: [ID!]!, $original: Boolean, $again: Boolean) {
      outcomes: replayDeadLetters(ids: $ids, original: $original, again: $again) { id outcome message }
    }`
    const variables = { original: input.original, again: input.again }
    yield* handle({ url: input.api, document, variables, done: "replayed" }, ids, output)
  })
).pipe(Command.withDescription("Publish dead letters again; the ledger counts them as received anew"))

export const dropCommand = Command.make(
  "drop",
  pickFlags,
  Effect.fnUntraced(function* (input) {
    const output = yield* Output
    const ids = yield* pickIds(input, output)
    const document = "mutation ($ids: [ID!]!) { outcomes: dropDeadLetters(ids: $ids) { id outcome message } }"
    yield* handle({ url: input.api, document, variables: {}, done: "dropped" }, ids, output)
  })
).pipe(Command.withDescription("Give dead letters up; they are kept until their time is over"))
