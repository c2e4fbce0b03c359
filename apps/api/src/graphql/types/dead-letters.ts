// GraphQL queries and mutations of dead letters: records set aside, with their bytes, to be looked at and replayed.
import { type DeadLetterId, deadLetterIdText } from "@tailrace/domain/dead-letter"
import {
  countDeadLetters,
  type DeadLetterFilter,
  type DeadLetterState,
  deadLetterStates,
  type HandledLetter,
  readDeadLetter,
  readDeadLetters
} from "@tailrace/store/read/dead-letters"
import {
  dropLetters,
  editLetter,
  type LetterOutcome,
  letterIdOf,
  replayLetters
} from "../../questions/dead-letter-actions.ts"
import { apiError } from "../../questions/failure.ts"
import { millisOf, pageSize, readLimits } from "../../questions/logs-request.ts"
import { type ApiContext, builder } from "../builder.ts"
import { PageInfo } from "./logs.ts"

/** Bytes of each payload that a page reads. */
const previewBytes = 1_024

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64")
const utf8 = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

/** The letter with all of its bytes. */
const whole = async (letter: HandledLetter, context: ApiContext): Promise<HandledLetter> =>
  letter.payload.length === letter.payloadBytes
    ? letter
    : ((await context.run(readDeadLetter(letter, readLimits(context)))) ?? letter)

const State = builder.enumType("DeadLetterState", {
  description: "waiting: nothing was done about it; replayed: it was published again; dropped: a person gave it up.",
  values: deadLetterStates
})

const DeadLetterType = builder.objectRef<HandledLetter>("DeadLetter").implement({
  description: "A record that could not be processed. The ledger counts it as rejected, under its reason.",
  fields: (t) => ({
    id: t.id({ resolve: deadLetterIdText }),
    tenant: t.exposeString("tenant"),
    source: t.exposeString("source"),
    stage: t.exposeString("stage", { description: "What could not take it: parse, filter, enrich, watch or sink." }),
    reason: t.exposeString("reason"),
    detail: t.exposeString("detail", { description: "What exactly was said about it." }),
    partition: t.exposeInt("partition"),
    sequence: t.exposeFloat("sequence", { description: "Of the raw message it came in." }),
    row: t.exposeInt("row", { description: "Its place in that message." }),
    records: t.exposeInt("records", { description: "Records it stands for; more than 1 for a frame set aside whole." }),
    rejectedAt: t.field({ type: "DateTime", resolve: (letter) => letter.rejectedAt }),
    pipelineVersion: t.exposeString("pipelineVersion"),
    headers: t.field({ type: "JSON", description: "With which it is replayed.", resolve: (letter) => letter.headers }),
    state: t.field({ type: State, resolve: (letter) => letter.state }),
    handledAt: t.field({ type: "DateTime", nullable: true, resolve: (letter) => letter.handledAt ?? null }),
    payloadBytes: t.exposeFloat("payloadBytes"),
    preview: t.string({
      description: `The first ${previewBytes} bytes as text; what is no UTF-8 shows as U+FFFD.`,
      resolve: (letter) => utf8(letter.payload.subarray(0, previewBytes))
    }),
    payload: t.string({
      extensions: { reads: 1 },
      description: "The bytes as they came in, in base64.",
      resolve: async (letter, _, context) => base64((await whole(letter, context)).payload)
    }),
    edited: t.string({
      nullable: true,
      description: "The bytes a person wrote in their place, in base64.",
      resolve: (letter) => (letter.edited === undefined ? null : base64(letter.edited))
    })
  })
})

interface Page {
  readonly filter: DeadLetterFilter
  readonly letters: ReadonlyArray<HandledLetter>
  readonly hasNextPage: boolean
  readonly endCursor: string | undefined
}

const Connection = builder.objectRef<Page>("DeadLetterConnection").implement({
  fields: (t) => ({
    totalCount: t.float({
      extensions: { reads: 1 },
      description: "All letters that match, counted only when asked for.",
      resolve: async ({ filter }, _, context) =>
        (await context.run(countDeadLetters(filter, readLimits(context)))).letters
    }),
    totalRecords: t.float({
      extensions: { reads: 1 },
      description: "The records they stand for.",
      resolve: async ({ filter }, _, context) =>
        (await context.run(countDeadLetters(filter, readLimits(context)))).records
    }),
    nodes: t.field({ type: [DeadLetterType], resolve: (page) => page.letters }),
    pageInfo: t.field({ type: PageInfo, resolve: (page) => page })
  })
})

const Outcome = builder.objectRef<LetterOutcome>("DeadLetterOutcome").implement({
  fields: (t) => ({
    id: t.exposeID("id"),
    outcome: t.exposeString("outcome", { description: "done, skipped or missing." }),
    message: t.exposeString("message", { description: "Why it was not done." })
  })
})

const cursorOf = (letter: HandledLetter): string =>
  Buffer.from(`${letter.rejectedAt} ${deadLetterIdText(letter)}`).toString("base64url")

const positionOf = (cursor: string): DeadLetterId & { readonly rejectedAt: number } => {
  const [at = "", id = ""] = Buffer.from(cursor, "base64url").toString().split(" ")
  if (!/^\d{1,16}$/.test(at)) throw apiError("BAD_CURSOR", "the cursor is not one of dead letters, use an endCursor")
  return { ...letterIdOf(id), rejectedAt: Number(at) }
}

builder.queryField("deadLetters", (t) =>
  t.field({
    type: Connection,
    description: "Records that could not be processed, last rejected first.",
    args: {
      from: t.arg({ type: "DateTime", description: "Earliest time of rejection, inclusive." }),
      to: t.arg({ type: "DateTime", description: "Time before which." }),
      stage: t.arg.string(),
      source: t.arg.string(),
      reason: t.arg.string({ description: "Exactly as the ledger has it." }),
      state: t.arg({ type: State }),
      first: t.arg.int({ defaultValue: 100, description: "Letters of the page." }),
      after: t.arg.string({ description: "Cursor behind which the page begins." }),
      tenant: t.arg.string({ description: "One tenant only." })
    },
    resolve: async (_, input, context): Promise<Page> => {
      const filter: DeadLetterFilter = {
        tenant: input.tenant ?? undefined,
        stage: input.stage ?? undefined,
        source: input.source ?? undefined,
        reason: input.reason ?? undefined,
        state: (input.state as DeadLetterState | null | undefined) ?? undefined,
        from: millisOf(input.from),
        to: millisOf(input.to)
      }
      const first = pageSize(input.first, 100, context)
      const after = input.after == null ? undefined : positionOf(input.after)
      const request = { ...filter, first: first + 1, after, mostBytes: previewBytes, limits: readLimits(context) }
      const found = first === 0 ? [] : await context.run(readDeadLetters(request))
      const letters = found.slice(0, first)
      const last = letters.at(-1)
      const endCursor = last === undefined ? undefined : cursorOf(last)
      return { filter, letters, hasNextPage: found.length > first, endCursor }
    }
  })
)

builder.queryField("deadLetter", (t) =>
  t.field({
    type: DeadLetterType,
    nullable: true,
    description: "One dead letter.",
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_, { id }, context) =>
      (await context.run(readDeadLetter(letterIdOf(String(id)), readLimits(context)))) ?? null
  })
)

builder.mutationField("replayDeadLetters", (t) =>
  t.field({
    type: [Outcome],
    description:
      "Publishes dead letters again, edited ones with their new bytes. What comes of it is received anew: the ledger counts it once more, and the rejection stays counted.",
    args: {
      ids: t.arg.idList({ required: true }),
      original: t.arg.boolean({ defaultValue: false, description: "The original bytes, even where they were edited." }),
      again: t.arg.boolean({ defaultValue: false, description: "Also what was replayed or dropped before." })
    },
    resolve: (_, { again, ids, original }, context) =>
      replayLetters(ids.map(String), { again: again === true, original: original === true }, context)
  })
)

builder.mutationField("dropDeadLetters", (t) =>
  t.field({
    type: [Outcome],
    description: "Gives dead letters up. They are kept for the record until their time is over.",
    args: { ids: t.arg.idList({ required: true }) },
    resolve: (_, { ids }, context) => dropLetters(ids.map(String), context)
  })
)

builder.mutationField("editDeadLetter", (t) =>
  t.field({
    type: DeadLetterType,
    description: "Puts other bytes in the place of a dead letter's for its next replay; the original stays.",
    args: {
      id: t.arg.id({ required: true }),
      payload: t.arg.string({ required: true, description: "The new bytes, in base64." })
    },
    resolve: (_, { id, payload }, context) => editLetter(String(id), payload, context)
  })
)
