// The suite logfmt: what go-logfmt's decoder reads and refuses.
import type { LogRecord } from "@tailrace/domain/log-record"
import { makeStage, recordOf } from "../../../libs/pipeline/src/parse/records-of.ts"
import type { DataFolder } from "../data-folder.ts"
import { compared, type Suite, type Verdict } from "../suite.ts"

interface Case {
  readonly input: string
  readonly origin: string
  readonly records: ReadonlyArray<ReadonlyArray<readonly [string, string | null]>>
  readonly error?: string
}

const fileOf = (data: DataFolder): string => `logfmt/${data.split}.json`

export const logfmt: Suite = {
  name: "logfmt",
  asks: "Keys and values as go-logfmt's decoder reads them; what it refuses stays whole or is read leniently.",
  wanted: 100,
  needs: (data) => [fileOf(data)],
  run: async (data) => data.json<ReadonlyArray<Case>>(fileOf(data)).flatMap(verdictsOf)
}

const stage = makeStage({ logfmt: { minimumPairs: 0 } })

const verdictsOf = ({ error, input, origin, records }: Case): ReadonlyArray<Verdict> => {
  const lines = input.split("\n").filter((line) => line !== "")
  return lines.map((line, index) => {
    const record = recordOf(line, { codec: "logfmt", layout: "single" }, stage)
    const id = JSON.stringify(line)
    // A lenient reading of what go-logfmt refuses must keep the line; see the suite on whole lines.
    if (error?.includes(`line ${index + 1}`)) return compared(id, origin, [["whole", true, isKept(record, line)]])
    // A later record of go-logfmt may follow an empty line, which is no message here.
    const pairs = records.filter((one) => one.length > 0 || line.trim() === "")[line.trim() === "" ? 0 : index] ?? []
    const wanted = Object.fromEntries(pairs.map(([key, value]) => [key, value ?? ""]))
    return compared(id, origin, [
      ["parsed", true, record.parsed],
      ["fields", sorted(wanted), sorted(seenOf(record))]
    ])
  })
}

const isKept = (record: LogRecord, line: string): boolean =>
  record.body === line || record.attributes["log.original"] === line

/** The fields of a record, without the line that is kept where a key came twice. */
const seenOf = ({ attributes: { "log.original": _, ...attributes }, severity }: LogRecord): Record<string, string> => ({
  ...attributes,
  ...(severity === "" ? {} : { level: severity.toLowerCase() })
})

const sorted = (fields: Readonly<Record<string, string>>): string => JSON.stringify(Object.entries(fields).sort())
