// The suite "every line kept whole": no word of any line of the corpora is missing from its record.
import { missingWords } from "../../../libs/pipeline/src/parse/missing-words.ts"
import { recordsOf } from "../../../libs/pipeline/src/parse/records-of.ts"
import type { DataFolder } from "../data-folder.ts"
import { compared, type Suite, type Verdict } from "../suite.ts"

export const keptWhole: Suite = {
  name: "kept whole",
  asks: "Every word of every line stands in the record's body, attributes, columns or `log.original`.",
  wanted: 100,
  needs: () => [],
  run: async (data) => corpora(data).flatMap(([name, lines]) => verdictsOf(name, lines))
}

const verdictsOf = (name: string, all: ReadonlyArray<string>): ReadonlyArray<Verdict> => {
  const lines = all.flatMap((text) => text.split(/\r?\n/)).filter((line) => line !== "")
  const records = recordsOf(lines.join("\n"), { source: name })
  return lines.map((line, index) => {
    const record = records[index]
    const missing = record === undefined ? [line] : missingWords(line, record)
    return compared(line.slice(0, 60), name, [["missing words", "", missing.join(" ")]])
  })
}

interface Body {
  readonly send: { readonly via: string; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
}

/** Every text of the data folder that is lines, by the name of its corpus. */
const corpora = (data: DataFolder): ReadonlyArray<readonly [string, ReadonlyArray<string>]> => {
  const { split } = data
  const of = <Value>(file: string, texts: (value: Value) => ReadonlyArray<string>) =>
    data.has(file) ? texts(data.json<Value>(file)) : []
  const cases = `cases/ingest_${split}.jsonl`
  return [
    ["cases", data.has(cases) ? data.jsonLines<Body>(cases).flatMap(({ send }) => send.body ?? []) : []],
    [
      "syslog",
      of<ReadonlyArray<{ input?: string }>>(`syslog/${split}.json`, (all) => all.flatMap(({ input = "" }) => input))
    ],
    ["logfmt", of<ReadonlyArray<{ input: string }>>(`logfmt/${split}.json`, (all) => all.map(({ input }) => input))],
    ["lnav", of<ReadonlyArray<{ text?: string }>>(`lnav/${split}.json`, (all) => all.flatMap(({ text = "" }) => text))],
    ...data
      .folders(`loghub/${split}`)
      .map((system) => [`loghub ${system}`, [data.text(`loghub/${split}/${system}/${system}_2k.log`)]] as const),
    ["access", data.has("access/apache_logs.log") ? [data.text("access/apache_logs.log")] : []],
    ["auth", data.has("access/auth.log") ? [data.text("access/auth.log")] : []]
  ]
}
