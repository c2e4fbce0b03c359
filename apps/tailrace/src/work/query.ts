// Query: asks the api for the records that match, page by page, and prints each page as it comes.
import { Effect, Option } from "effect"
import { graphqlRequest } from "../graphql-request.ts"
import { Output } from "../terminal/output.ts"
import { recordLine, type ShownRecord } from "../terminal/record-line.ts"

const document = `query ($query: String, $from: DateTime, $to: DateTime, $first: Int, $after: String) {
  logs(query: $query, from: $from, to: $to, first: $first, after: $after) {
    totalCount
    nodes { id timestamp severity service source body attributes }
    pageInfo { hasNextPage endCursor }
  }
}`

interface Page {
  readonly logs: {
    readonly totalCount: number
    readonly nodes: ReadonlyArray<ShownRecord>
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
  }
}

const pageSize = 1_000

interface QueryInput {
  readonly query: string
  readonly from: Option.Option<string>
  readonly to: Option.Option<string>
  readonly limit: number
  readonly count: boolean
  readonly json: boolean
  readonly api: string
}

export const run = Effect.fnUntraced(function* (input: QueryInput) {
  const output = yield* Output
  let left = input.count ? 0 : Math.max(0, input.limit)
  let after: string | null = null
  for (;;) {
    const page: Page = yield* graphqlRequest<Page>({
      url: input.api,
      document,
      variables: {
        query: input.query,
        from: Option.getOrNull(input.from),
        to: Option.getOrNull(input.to),
        first: input.count ? 1 : Math.min(left, pageSize),
        after
      },
      query: input.query,
      style: output.style
    })
    const { totalCount, nodes, pageInfo } = page.logs
    if (input.count) return yield* output.line(String(totalCount))
    for (const node of nodes)
      yield* output.line(output.isTerminal && !input.json ? recordLine(node, output.style) : JSON.stringify(node))
    left -= nodes.length
    if (left <= 0 || nodes.length === 0 || !pageInfo.hasNextPage || pageInfo.endCursor === null) {
      if (output.isTerminal && !input.json && left <= 0 && totalCount > input.limit)
        yield* output.note(`${input.limit} of ${totalCount} records; more with --limit`)
      return
    }
    after = pageInfo.endCursor
    output.progress(`${input.limit - left} records`)
  }
})
