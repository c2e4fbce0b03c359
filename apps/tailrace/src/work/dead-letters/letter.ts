// Letter: dead letters as the commands ask the api for them, and those that were picked.
import { Effect, Option } from "effect"
import { usageFailure, workFailure } from "../../failure.ts"
import { graphqlRequest } from "../../graphql-request.ts"
import type { OutputShape } from "../../terminal/output.ts"

export interface Letter {
  readonly id: string
  readonly source: string
  readonly stage: string
  readonly reason: string
  readonly records: number
  readonly rejectedAt: string
  readonly state: string
  readonly preview: string
  readonly payloadBytes: number
}

export interface WholeLetter extends Letter {
  readonly tenant: string
  readonly detail: string
  readonly pipelineVersion: string
  readonly headers: Readonly<Record<string, string>>
  readonly handledAt: string | null
  readonly payload: string
  readonly edited: string | null
}

/** What picks letters. */
export interface FilterInput {
  readonly from: Option.Option<string>
  readonly to: Option.Option<string>
  readonly stage: Option.Option<string>
  readonly reason: Option.Option<string>
  readonly source: Option.Option<string>
  readonly tenant: Option.Option<string>
}

interface PageAnswer {
  readonly deadLetters: {
    readonly totalCount: number
    readonly nodes: ReadonlyArray<Letter>
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
  }
}

const pageDocument = `query ($from: DateTime, $to: DateTime, $stage: String, $reason: String, $source: String, $tenant: String,
    $state: DeadLetterState, $first: Int, $after: String) {
  deadLetters(from: $from, to: $to, stage: $stage, reason: $reason, source: $source, tenant: $tenant, state: $state,
      first: $first, after: $after) {
    totalCount
    nodes { id source stage reason records rejectedAt state preview payloadBytes }
    pageInfo { hasNextPage endCursor }
  }
}`

/** A page of letters, last rejected first. */
export const readPage = (
  url: string,
  filter: FilterInput,
  page: { readonly state?: string | undefined; readonly first: number; readonly after?: string | undefined },
  { style }: OutputShape
) => {
  const { from, reason, source, stage, tenant, to } = filter
  const named = { from, to, stage, reason, source, tenant }
  const variables = Object.fromEntries(Object.entries(named).map(([name, value]) => [name, Option.getOrNull(value)]))
  return graphqlRequest<PageAnswer>({ url, document: pageDocument, variables: { ...variables, ...page }, style })
}

const wholeDocument = `query ($id: ID!) {
  deadLetter(id: $id) {
    id tenant source stage reason detail records rejectedAt pipelineVersion state handledAt headers preview payloadBytes
    payload edited
  }
}`

/** One letter with its bytes; fails when there is none. */
export const readLetter = Effect.fnUntraced(function* (url: string, id: string, { style }: OutputShape) {
  const { deadLetter } = yield* graphqlRequest<{ readonly deadLetter: WholeLetter | null }>({
    url,
    document: wholeDocument,
    variables: { id },
    style
  })
  return deadLetter ?? (yield* workFailure(`there is no dead letter ${id}`))
})

/** Several letters by id, or all that wait and match. */
export interface PickInput extends FilterInput {
  readonly ids: ReadonlyArray<string>
  readonly all: boolean
  readonly api: string
}

const pageSize = 500

/** The ids that were named, or those of all that wait and match. */
export const pickIds = Effect.fnUntraced(function* (input: PickInput, output: OutputShape) {
  if (input.all === input.ids.length > 0)
    return yield* usageFailure("name dead letters by their ids, or say --all for those that wait and match the flags")
  if (!input.all) return input.ids
  const ids: Array<string> = []
  for (let after: string | undefined; ; ) {
    const { deadLetters } = yield* readPage(input.api, input, { state: "waiting", first: pageSize, after }, output)
    for (const { id } of deadLetters.nodes) ids.push(id)
    after = deadLetters.pageInfo.endCursor ?? undefined
    if (!deadLetters.pageInfo.hasNextPage || after === undefined) return ids
  }
})
