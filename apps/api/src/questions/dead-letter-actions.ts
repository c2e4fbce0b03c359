// Dead letter actions: replay, drop and edit, each told of every letter by itself.
import { createHash } from "node:crypto"
import { type DeadLetterId, deadLetterIdText, parseDeadLetterId } from "@tailrace/domain/dead-letter"
import { replayHeader } from "@tailrace/domain/frame"
import { inputSubject } from "@tailrace/domain/subjects"
import { type HandledLetter, readDeadLetter } from "@tailrace/store/read/dead-letters"
import { type DeadLetterMark, markDeadLetters } from "@tailrace/store/write/dead-letter-marks"
import type { ApiContext } from "../graphql/builder.ts"
import { apiError } from "./failure.ts"
import { readLimits } from "./logs-request.ts"

/** What became of one letter: done, skipped because it was done before, or missing. */
export interface LetterOutcome {
  readonly id: string
  readonly outcome: "done" | "skipped" | "missing"
  readonly message: string
}

/** Letters of one request; each is read, and published, by itself. */
const mostLetters = 1_000

/** The identity a text stands for; throws BAD_INPUT when it is none. */
export const letterIdOf = (text: string): DeadLetterId => {
  const id = parseDeadLetterId(text)
  if (id === undefined)
    throw apiError(
      "BAD_INPUT",
      `${JSON.stringify(text.slice(0, 100))} is no dead letter's id: take one from deadLetters`
    )
  return id
}

const forEachLetter = async (
  ids: ReadonlyArray<string>,
  context: ApiContext,
  act: (letter: HandledLetter) => Promise<Omit<LetterOutcome, "id">>
): Promise<ReadonlyArray<LetterOutcome>> => {
  if (ids.length > mostLetters)
    throw apiError("LIMIT", `${ids.length} letters are too many for one request: send at most ${mostLetters}`)
  const outcomes: Array<LetterOutcome> = []
  for (const text of ids) {
    const letter = await context.run(readDeadLetter(letterIdOf(text), readLimits(context)))
    const outcome =
      letter === undefined ? ({ outcome: "missing", message: "there is none" } as const) : await act(letter)
    outcomes.push({ id: text, ...outcome })
  }
  return outcomes
}

const mark = (letter: DeadLetterId, kind: DeadLetterMark["mark"], context: ApiContext, payload?: Uint8Array) =>
  context.run(
    markDeadLetters([{ letter, mark: kind, at: context.now(), ...(payload === undefined ? {} : { payload }) }])
  )

export interface ReplayOptions {
  /** The bytes as they came in, even where they were edited. */
  readonly original: boolean
  /** Also what was replayed or dropped before. */
  readonly again: boolean
}

/**
 * Publishes letters where their records came from. The message id is made of the letter and its bytes, so that a second
 * replay within the stream's duplicate window changes nothing; the mark is set once the broker has the message.
 */
export const replayLetters = (ids: ReadonlyArray<string>, { again, original }: ReplayOptions, context: ApiContext) =>
  forEachLetter(ids, context, async (letter) => {
    if (letter.state !== "waiting" && !again)
      return { outcome: "skipped", message: `it was ${letter.state} before, ask for it again if that is meant` }
    const payload = original ? letter.payload : (letter.edited ?? letter.payload)
    if (payload.length === 0) return { outcome: "skipped", message: "it has no bytes: edit it first" }
    const text = deadLetterIdText(letter)
    const digest = createHash("sha256").update(payload).digest("hex").slice(0, 16)
    await context.publish(inputSubject(letter.tenant, letter.source), payload, {
      id: `replay-${text}-${digest}`,
      headers: { ...letter.headers, [replayHeader]: text }
    })
    await mark(letter, "replayed", context)
    return { outcome: "done", message: "" }
  })

/** Gives letters up; they are kept until their time is over. */
export const dropLetters = (ids: ReadonlyArray<string>, context: ApiContext) =>
  forEachLetter(ids, context, async (letter) => {
    if (letter.state !== "waiting") return { outcome: "skipped", message: `it was ${letter.state} before` }
    await mark(letter, "dropped", context)
    return { outcome: "done", message: "" }
  })

/** Puts other bytes in the place of a letter's for its next replay; the original stays. */
export const editLetter = async (text: string, base64: string, context: ApiContext): Promise<HandledLetter> => {
  const id = letterIdOf(text)
  const payload = Buffer.from(base64, "base64")
  if (base64 === "" || payload.toString("base64") !== base64)
    throw apiError("BAD_INPUT", "payload must be the new bytes in base64, at least one")
  const read = () => context.run(readDeadLetter(id, readLimits(context)))
  const letter = await read()
  if (letter === undefined) throw apiError("BAD_INPUT", `there is no dead letter ${text}`)
  await mark(letter, "edited", context, payload)
  return (await read()) ?? letter
}
