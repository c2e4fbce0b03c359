// List: prints what was set aside, last first.
import { Effect, Option } from "effect"
import { escapeForTerminal } from "../../terminal/escape.ts"
import { Output } from "../../terminal/output.ts"
import { type FilterInput, type Letter, readPage } from "./letter.ts"

const pageSize = 500
const shownCharacters = 80

interface ListInput extends FilterInput {
  readonly state: Option.Option<"waiting" | "replayed" | "dropped">
  readonly limit: number
  readonly json: boolean
  readonly api: string
}

export const run = Effect.fnUntraced(function* (input: ListInput) {
  const output = yield* Output
  const plain = output.isTerminal && !input.json
  const state = Option.getOrUndefined(input.state)
  let left = Math.max(0, input.limit)
  for (let after: string | undefined; left > 0; ) {
    const page = { state, first: Math.min(left, pageSize), after }
    const { deadLetters } = yield* readPage(input.api, input, page, output)
    for (const letter of deadLetters.nodes)
      yield* output.line(plain ? letterLine(letter, output.style) : JSON.stringify(letter))
    left -= deadLetters.nodes.length
    after = deadLetters.pageInfo.endCursor ?? undefined
    if (!deadLetters.pageInfo.hasNextPage || after === undefined) {
      if (plain && deadLetters.totalCount === 0) yield* output.note("there are no dead letters")
      return
    }
    if (plain && left <= 0) yield* output.note(`${input.limit} of ${deadLetters.totalCount}; more with --limit`)
  }
})

const letterLine = (letter: Letter, style: (name: "dim" | "cyan" | "yellow" | "red", text: string) => string): string =>
  [
    style("dim", letter.rejectedAt),
    style("cyan", escapeForTerminal(letter.id)),
    style(letter.state === "waiting" ? "yellow" : "dim", letter.state),
    style("red", escapeForTerminal(letter.reason)),
    escapeForTerminal(letter.source),
    escapeForTerminal(letter.preview).slice(0, shownCharacters)
  ].join("  ")
