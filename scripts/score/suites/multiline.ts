// The suite multiline: lines that belong to one record, as Fluent Bit's own tests join them.
import type { JoinRule } from "../../../apps/collector/src/framing/multiline/join-rule.ts"
import { byPatterns } from "../../../apps/collector/src/framing/multiline/patterns.ts"
import { recognised } from "../../../apps/collector/src/framing/multiline/recognised.ts"
import { RecordJoiner } from "../../../apps/collector/src/framing/multiline/record-joiner.ts"
import { recordsOf } from "../../../libs/pipeline/src/parse/records-of.ts"
import { compared, type Suite } from "../suite.ts"

interface Case {
  readonly name: string
  readonly input_lines: ReadonlyArray<string>
  readonly expected_records: ReadonlyArray<string>
}

const file = "multiline/cases.json"
const ofDev = new Set(["docker", "cri", "java", "python", "endswith"])

export const multiline: Suite = {
  name: "multiline",
  asks: "Lines of stack traces and parts of container lines are joined as Fluent Bit's tests want them.",
  wanted: 100,
  needs: () => [file],
  run: async (data) =>
    data
      .json<ReadonlyArray<Case>>(file)
      .filter(({ name }) => ofDev.has(name) === (data.split === "dev"))
      .map(({ expected_records, input_lines, name }) =>
        compared(name, name, [["records", shown(expected_records), shown(joined(name, input_lines))]])
      )
}

const shown = (records: ReadonlyArray<string>): string => JSON.stringify(records.map((text) => text.replace(/\n$/, "")))

const ofContainers = new Set(["docker", "cri", "container_mix", "docker_cri_chain"])

/** Lines that a container's runtime broke are joined without a rule; what ends with a backslash by its pattern. */
const ruleOf = (name: string): JoinRule | undefined => {
  if (ofContainers.has(name)) return undefined
  return name === "endswith" ? byPatterns({ end: "[^\\\\]$" }) : recognised
}

const joined = (name: string, lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const records: Array<string> = []
  const limits = { maxBytes: 1_048_576, maxLines: 1000, rule: ruleOf(name) }
  const joiner = new RecordJoiner(limits, (bytes, start, end) => {
    const text = Buffer.from(bytes.subarray(start, end)).toString()
    records.push(containerTexts.test(text) ? (recordsOf(text, { layout: "single" })[0]?.body ?? "") : text)
  })
  for (const line of lines) {
    const bytes = Buffer.from(line.replace(/\n$/, ""))
    joiner.line(bytes, 0, bytes.length)
  }
  joiner.flush()
  return records
}

/** Lines of containers: their text is what the parse stage reads of them. */
const containerTexts = /^(?:\{\s*"log"|\S+ std(?:out|err) [PF])/
