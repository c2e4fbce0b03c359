// Letter promises: each record that could not be processed is one letter with its bytes, and nothing else is.
import { parseDeadLetterId } from "@tailrace/domain/dead-letter"
import { decodeFrameHeader } from "@tailrace/domain/frame"
import type { NativeLetter } from "./native-reader.ts"
import type { Outputs } from "./promises.ts"
import type { TrueLetter } from "./truth.ts"

/** Letters that are wrong, that nothing accounts for, or that are missing. */
export const letterProblems = ({ alwaysConstrained, tables, truth }: Outputs): ReadonlyArray<string> => {
  const { byId, contradictions } = tables.letters
  const problems = [...contradictions]
  for (const [id, letter] of byId) {
    const expected = textOfTrue(truth.letters.get(id) ?? truth.open.get(id))
    const found = textOf(letter)
    if (found !== expected) problems.push(`letter ${id} is ${found}, not ${expected}`)
  }
  const refused = [...truth.open.keys()].filter((id) => alwaysConstrained && parseDeadLetterId(id)?.stage === "sink")
  for (const id of [...truth.letters.keys(), ...refused]) if (!byId.has(id)) problems.push(`there is no letter ${id}`)
  return problems.slice(0, 3)
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
