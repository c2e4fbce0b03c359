// Corpora: every text of the data folder that is lines.
import type { DataFolder } from "./data-folder.ts"

interface Body {
  readonly send: { readonly via: string; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
}

/** Every text of the data folder that is lines, by the name of its corpus. */
export const corpora = (data: DataFolder): ReadonlyArray<readonly [string, ReadonlyArray<string>]> => {
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
