// The suite crowdsec: values that CrowdSec's parsers take from lines of some 150 programs, found without configuration.
import type { LogRecord } from "@tailrace/domain/log-record"
import { makeStage, recordOf } from "../../../libs/pipeline/src/parse/records-of.ts"
import type { DataFolder } from "../data-folder.ts"
import { compared, type Suite, type Verdict } from "../suite.ts"

interface Test {
  readonly test: string
  readonly log_type: string
  readonly lines: ReadonlyArray<string>
  readonly events: ReadonlyArray<{
    readonly index: number
    readonly parsed?: Readonly<Record<string, unknown>>
    readonly meta?: Readonly<Record<string, unknown>>
  }>
}

const fileOf = (data: DataFolder): string => `crowdsec/parse_${data.split}.json`

export const crowdsec: Suite = {
  name: "crowdsec",
  asks: "Values that CrowdSec's parsers take from a line are values of its record, under any name. What its rules add, the whole line and texts of a time that the record has as its time are left out; each value of a line counts once.",
  wanted: 90,
  needs: (data) => [fileOf(data)],
  run: async (data) => data.json<ReadonlyArray<Test>>(fileOf(data)).flatMap(verdictsOf)
}

const stage = makeStage()

const verdictsOf = ({ events, lines, log_type, test }: Test): ReadonlyArray<Verdict> => {
  const wanted = new Map<number, Map<string, string>>()
  for (const { index, meta, parsed } of events) {
    const line = lines[index]
    if (line === undefined || line.trim() === "") continue
    const values = wanted.get(index) ?? new Map<string, string>()
    wanted.set(index, values)
    for (const [name, value] of [...Object.entries(parsed ?? {}), ...Object.entries(meta ?? {})])
      if (typeof value === "string" && value !== "" && value !== "-" && line.includes(value)) values.set(value, name)
  }
  return [...wanted].flatMap(([index, values]) => {
    const line = lines[index] as string
    const record = recordOf(line, { layout: "single" }, stage)
    const seen = valuesOf(record)
    const hasTime = record.timestamp !== record.observedTimestamp
    const asked = [...values].filter(([value, name]) => value !== line && !(hasTime && isTime(name, value)))
    return asked.map(([value, name]) =>
      compared(`${test}:${index}:${name}`, log_type, [["value", value, seen.has(value) ? value : "not found"]])
    )
  })
}

const timeNames =
  /time|date|^(?:day|month|year|ts|hour|minute|second|zone)$|_(?:hour|minute|second|month|monthday|year|milliseconds)$/

/** Whether a field is a time or part of one. */
const isTime = (name: string, value: string): boolean =>
  timeNames.test(name) &&
  (/^[\d\s:.,/TZ+-]+$/.test(value) ||
    /^(?=.{1,40}$)[\w\s:.,/+-]*(?:[A-Z][a-z]{2}|UTC|GMT|CET)[\w\s:.,/+-]*$/.test(value))

/** All values of a record: attributes and columns, the texts in lists of JSON, and without the blanks around. */
const valuesOf = (record: LogRecord): ReadonlySet<string> => {
  const seen = new Set<string>()
  const add = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(add)
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(add)
    else {
      const text = String(value)
      seen.add(text)
      seen.add(text.trim())
      if (/^[[{]/.test(text)) {
        try {
          add(JSON.parse(text))
        } catch {
          // A text that only begins like JSON is a text.
        }
      }
    }
  }
  for (const value of [record.body, record.service, record.host, record.severity]) add(value)
  for (const value of Object.values(record.attributes)) add(value)
  return seen
}
