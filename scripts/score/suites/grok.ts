// The suite grok: what expressions of grok take from lines, as another engine took it.
import { compileGrok, typedText } from "../../../libs/pipeline/src/grok/grok.ts"
import type { PatternSearch } from "../../../libs/pipeline/src/grok/pattern-search.ts"
import type { DataFolder } from "../data-folder.ts"
import { compared, type Suite } from "../suite.ts"

type Value = string | number

interface Case {
  readonly id: string
  readonly mode: "legacy" | "ecs-v1"
  readonly grok: string
  readonly input: string
  readonly match: boolean
  readonly captures?: Readonly<Record<string, Value | ReadonlyArray<Value>>>
}

const fileOf = (data: DataFolder): string => `grok/${data.split}.json`

export const grok: Suite = {
  name: "grok",
  asks: "Expressions of grok match the lines that the reference matches, and take the same fields from them.",
  wanted: 99,
  needs: (data) => [fileOf(data)],
  run: async (data) =>
    data.json<ReadonlyArray<Case>>(fileOf(data)).map(({ captures, grok: expression, id, input, match, mode }) => {
      const search = compileGrok(expression, { names: mode === "legacy" ? "legacy" : "ecs" })
      const bytes = new Uint8Array(Buffer.from(input))
      const seen = search.search(bytes, 0, bytes.length)
      return compared(id, `${mode} ${match ? "match" : "no match"}`, [
        ["match", match, seen],
        ["fields", sorted(captures ?? {}), seen ? sorted(fieldsOf(search, bytes)) : sorted({})]
      ])
    })
}

/** The fields that a search has found, several texts of one field in a list. */
const fieldsOf = (search: PatternSearch, bytes: Uint8Array): Readonly<Record<string, Value | ReadonlyArray<Value>>> => {
  const texts = new Map<string, Array<Value>>()
  search.program.fields.forEach(({ name, type }, index) => {
    const start = search.slots[2 * index]
    const end = search.slots[2 * index + 1]
    if (end <= start) return
    const text = typedText(Buffer.from(bytes.subarray(start, end)).toString(), type)
    const value = type === "text" ? text : Number(text)
    texts.set(name, [...(texts.get(name) ?? []), value])
  })
  return Object.fromEntries([...texts].map(([name, values]) => [name, values.length === 1 ? values[0] : values]))
}

/** Fields in the order of their names, lists in the order of their texts. */
const sorted = (fields: Readonly<Record<string, Value | ReadonlyArray<Value>>>): string =>
  JSON.stringify(
    Object.entries(fields)
      .map(([name, value]) => [name, Array.isArray(value) ? [...value].sort() : value])
      .sort()
  )
