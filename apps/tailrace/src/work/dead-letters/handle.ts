// Handle: runs a mutation over many letters, and tells what became of each that was not done.
import { Effect } from "effect"
import { workFailure } from "../../failure.ts"
import { graphqlRequest } from "../../graphql-request.ts"
import { escapeForTerminal } from "../../terminal/escape.ts"
import type { OutputShape } from "../../terminal/output.ts"

interface Outcome {
  readonly id: string
  readonly outcome: "done" | "skipped" | "missing"
  readonly message: string
}

/** Letters of one request. */
const atOnce = 200

/** Runs a mutation over letters in portions; fails when some of them do not exist. */
export const handle = Effect.fnUntraced(function* (
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
