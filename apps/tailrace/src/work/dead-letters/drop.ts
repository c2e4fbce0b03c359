// Drop: gives dead letters up; they are kept until their time is over.
import { Effect } from "effect"
import { Output } from "../../terminal/output.ts"
import { handle } from "./handle.ts"
import { type PickInput, pickIds } from "./letter.ts"

export const run = Effect.fnUntraced(function* (input: PickInput) {
  const output = yield* Output
  const ids = yield* pickIds(input, output)
  const document = "mutation ($ids: [ID!]!) { outcomes: dropDeadLetters(ids: $ids) { id outcome message } }"
  yield* handle({ url: input.api, document, variables: {}, done: "dropped" }, ids, output)
})
