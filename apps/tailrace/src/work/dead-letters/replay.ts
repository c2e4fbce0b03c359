// Replay: publishes dead letters again, in their edited form where there is one.
import { Effect } from "effect"
import { Output } from "../../terminal/output.ts"
import { handle } from "./handle.ts"
import { type PickInput, pickIds } from "./letter.ts"

interface ReplayInput extends PickInput {
  readonly original: boolean
  readonly again: boolean
}

export const run = Effect.fnUntraced(function* (input: ReplayInput) {
  const output = yield* Output
  const ids = yield* pickIds(input, output)
  const document = `mutation ($ids: [ID!]!, $original: Boolean, $again: Boolean) {
      outcomes: replayDeadLetters(ids: $ids, original: $original, again: $again) { id outcome message }
    }`
  const variables = { original: input.original, again: input.again }
  yield* handle({ url: input.api, document, variables, done: "replayed" }, ids, output)
})
