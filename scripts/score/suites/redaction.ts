// The suite "redaction": planted secrets are taken out of lines of every form, and lines of real logs stay as they are.
import { seededRandom } from "@tailrace/domain/seeded-random"
import { linesNaming, linesWith, ownForms, password, tellingNames } from "@tailrace/redact/planted.harness"
import { RedactConfig } from "@tailrace/redact/redact-config"
import { Redactor } from "@tailrace/redact/redactor"
import { Schema } from "effect"
import { corpora } from "../corpora.ts"
import type { Suite, Verdict } from "../suite.ts"

const perForm = 200

export const redaction: Suite = {
  name: "redaction",
  asks: "Planted secrets and personal values are taken out of lines of every form, wrapped in JSON up to twice; lines of the corpora stay as they are under the rules `secrets` and `cards` (what is taken out of them was looked at: names such as `token=Token{...}` of Android).",
  wanted: 99.9,
  needs: () => [],
  run: async (data) => [
    ...planted("secret by its form", ["secrets"], ownForms, linesWith),
    ...named(),
    ...corpora(data).flatMap(([name, texts]) => leftAlone(name, texts))
  ]
}

const redactorOf = (...rules: ReadonlyArray<string>) => new Redactor(Schema.decodeUnknownSync(RedactConfig)({ rules }))

const wraps: ReadonlyArray<(line: string) => string> = [
  (line) => line,
  (line) => JSON.stringify({ msg: line }),
  (line) => JSON.stringify({ msg: JSON.stringify({ line }) })
]

type Makers = Readonly<Record<string, (random: () => number) => string>>
type Forms = Readonly<Record<string, (value: string) => string>>

const planted = (kind: string, rules: ReadonlyArray<string>, makers: Makers, forms: Forms): ReadonlyArray<Verdict> => {
  const random = seededRandom(7)
  const redactor = redactorOf(...rules)
  return Object.entries(forms).flatMap(([form, write]) =>
    Object.entries(makers).flatMap(([rule, make]) =>
      Array.from({ length: 20 }, (_, i): Verdict => {
        const value = make(random)
        const line = (wraps[i % wraps.length] as (line: string) => string)(write(value))
        const left = redactor.redactText(line).includes(value)
        return { id: `${form}: ${rule} ${i}`, kind, problem: left ? line : undefined }
      })
    )
  )
}

const named = (): ReadonlyArray<Verdict> => {
  const random = seededRandom(8)
  const redactor = redactorOf("secrets")
  return Object.entries(linesNaming).flatMap(([form, write]) =>
    Array.from({ length: perForm }, (_, i): Verdict => {
      const value = password(random)
      const plain = write(tellingNames[i % tellingNames.length] as string, value)
      const line = (wraps[i % wraps.length] as (line: string) => string)(plain)
      const seen = redactor.redactText(line)
      const left = seen.includes(value) || seen.includes(encodeURIComponent(value))
      return { id: `${form} ${i}`, kind: "secret beside its name", problem: left ? line : undefined }
    })
  )
}

const leftAlone = (name: string, texts: ReadonlyArray<string>): ReadonlyArray<Verdict> => {
  const redactor = redactorOf("secrets", "cards")
  const lines = texts.flatMap((text) => text.split(/\r?\n/)).filter((line) => line !== "")
  return lines.map((line, i): Verdict => {
    const seen = redactor.redactText(line)
    return { id: `${name} ${i + 1}`, kind: "line of a real log left alone", problem: seen === line ? undefined : seen }
  })
}
