// Letter promises: each record that could not be processed is one letter with its bytes, and nothing else is.
import { deadLetterIdText, parseDeadLetterId } from "@tailrace/domain/dead-letter"
import { decodeFrameHeader } from "@tailrace/domain/frame"
import { placeOf } from "@tailrace/streams/generation"
import type { NativeLetter } from "./native-reader.ts"
import type { Outputs } from "./promises.ts"
import type { TrueLetter, Truth } from "./truth.ts"

/** Letters that are wrong, that nothing accounts for, that are there twice, or that are missing. */
export const letterProblems = ({ alwaysConstrained, lost, tables, truth }: Outputs): ReadonlyArray<string> => {
  const { byId, contradictions } = tables.letters
  const problems = [...contradictions]
  const seen = [truth, ...lost].map((one) => ({ truth: one, ids: new Set<string>() }))
  for (const [id, letter] of byId) {
    const at = identityOf(letter)
    const own = seen.filter((one) => isLetterOf(one.truth, letter))
    const first = own.find(({ ids }) => !ids.has(at))
    if (own.length === 0) problems.push(`letter ${id} is ${textOf(letter)}, not ${textOfTrue(trueAt(truth, letter))}`)
    else if (first === undefined && truth.kept.get(placeOf(letter.sequence)) !== 0)
      problems.push(`letter ${id} is there twice`)
    first?.ids.add(at)
  }
  const refused = [...truth.open.keys()].filter((id) => alwaysConstrained && parseDeadLetterId(id)?.stage === "sink")
  for (const id of [...truth.letters.keys(), ...refused])
    if (seen[0]?.ids.has(id) !== true) problems.push(`there is no letter ${id}`)
  return problems.slice(0, 3)
}

/** Whether a letter is what a truth says of its place in the raw stream. */
export const isLetterOf = (truth: Truth, letter: NativeLetter): boolean =>
  textOf(letter) === textOfTrue(trueAt(truth, letter))

const identityOf = (letter: NativeLetter): string => deadLetterIdText({ ...letter, sequence: placeOf(letter.sequence) })

const trueAt = ({ letters, open }: Truth, letter: NativeLetter): TrueLetter | undefined => {
  const id = identityOf(letter)
  return letters.get(id) ?? open.get(id)
}

const textOf = (letter: NativeLetter): string => {
  const headers: Record<string, string> = JSON.parse(letter.headers)
  const { receivedMillis = 0 } = decodeFrameHeader((name) => headers[name])
  return textOfTrue({ ...letter, receivedMillis })
}

const textOfTrue = (letter: TrueLetter | undefined): string => {
  if (letter === undefined) return "nothing"
  const { payload, reason, receivedMillis, records, source, tenant } = letter
  return JSON.stringify({ tenant, source, reason, records, receivedMillis, payload })
}
