// The suite syslog: messages as their authors read them, and as rsyslog and syslog-ng read them where they agree.
import type { LogRecord } from "@tailrace/domain/log-record"
import { severityNumberOfSyslog } from "@tailrace/domain/severity"
import { isoOf, recordOf } from "../../../libs/pipeline/src/parse/records-of.ts"
import type { DataFolder } from "../data-folder.ts"
import { compared, type Suite, type Verdict } from "../suite.ts"

type Fields = Readonly<Record<string, unknown>>

interface Case {
  readonly id: string
  readonly origin: string
  readonly input?: string
  readonly input_b64?: string
  readonly authored: { readonly valid: boolean; readonly fields?: Fields } | null
  readonly "rsyslog_8.2302": Fields
  readonly agree?: ReadonlyArray<string>
}

const fileOf = (data: DataFolder): string => `syslog/${data.split}.json`

export const syslog: Suite = {
  name: "syslog",
  asks: "Fields that authors state and that rsyslog and syslog-ng agree on; what is wrong keeps its whole text.",
  wanted: 98,
  needs: (data) => [fileOf(data)],
  run: async (data) => data.json<ReadonlyArray<Case>>(fileOf(data)).flatMap(verdictsOf)
}

const verdictsOf = (one: Case): ReadonlyArray<Verdict> => {
  const { agree, authored, id, input, input_b64, origin } = one
  const bytes = input === undefined ? Buffer.from(input_b64 ?? "", "base64") : Buffer.from(input)
  const text = bytes.toString()
  const record = recordOf(bytes, { codec: "syslog", layout: "single" })
  const verdicts: Array<Verdict> = []
  // syslog-ng's own tests assume another zone and senders without a host.
  if (authored?.valid === true && !origin.startsWith("syslog-ng"))
    verdicts.push(compared(id, "authored", pairsOf(record, authored.fields ?? {}, text)))
  if (authored?.valid === false) {
    const kept = record.body === text || record.attributes["log.original"] === text
    verdicts.push(compared(id, "wrong, kept whole", [["kept", true, kept]]))
  }
  if (agree !== undefined) {
    // What its author states of a message both may read otherwise, such as a version of RFC 5424 that they do not know.
    const stated = authored?.valid === true && !origin.startsWith("syslog-ng") ? (authored.fields ?? {}) : {}
    const open = agree.filter((name) => !(name in stated) && !(name === "msg" && "message" in stated))
    const fields = Object.fromEntries(open.map((name) => [name, one["rsyslog_8.2302"][name]]))
    verdicts.push(compared(id, "agreed by rsyslog and syslog-ng", pairsOf(record, fields, text)))
  }
  return verdicts
}

type Pair = readonly [string, unknown, unknown]

const trimmed = (value: unknown): string =>
  value === null || value === undefined
    ? ""
    : String(value)
        .replace(/^\ufeff/, "")
        .trim()

/** The stated fields beside the record's, spaces around texts aside; a year that the message leaves out is not compared. */
const pairsOf = (record: LogRecord, fields: Fields, text: string): ReadonlyArray<Pair> => {
  const texts: ReadonlyArray<readonly [string, string | undefined]> = [
    ["hostname", record.host],
    ["appname", record.service],
    ["procid", record.attributes.procid],
    ["msgid", record.attributes.msgid],
    ["message", record.body],
    ["msg", record.body]
  ]
  const pairs: Array<Pair> = texts
    .filter(([name]) => name in fields)
    .map(([name, value]) => [name, trimmed(fields[name]), trimmed(value)])
  const priority = fields.priority ?? fields.pri
  if (typeof priority === "number" && text.startsWith("<"))
    pairs.push(["severity", severityNumberOfSyslog(priority & 7), record.severityNumber])
  for (const [id, parameters] of Object.entries((fields.structured_data ?? {}) as Fields)) {
    for (const [name, value] of Object.entries(parameters as Fields))
      pairs.push([`${id}.${name}`, value, record.attributes[`${id}.${name}`]])
  }
  const stamp = fields.timestamp
  if (typeof stamp !== "string") return pairs
  const wanted = new Date(stamp.replace(/^0000/, "2024")).toISOString().slice(0, 23)
  const seen = isoOf(record.timestamp).slice(0, 23)
  const statesYear = /^(<\d+>)?\s*[.*]?(\d+ )?\d{4}-|\d{4} \d\d:|:\d\d \d{4}\b/.test(text)
  pairs.push(statesYear ? ["time", wanted, seen] : ["time", wanted.slice(5), seen.slice(5)])
  return pairs
}
