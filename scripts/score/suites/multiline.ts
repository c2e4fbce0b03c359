// The suite multiline: lines that belong to one record, as Fluent Bit's own tests join them.
import { forEachRecord } from "../../../apps/collector/src/framing/multiline.ts"
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
        compared(name, name, [["records", shown(expected_records), shown(joined(input_lines))]])
      )
}

const shown = (records: ReadonlyArray<string>): string => JSON.stringify(records.map((text) => text.replace(/\n$/, "")))

const joined = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const bytes = Buffer.from(lines.map((line) => `${line.replace(/\n$/, "")}\n`).join(""))
  const records: Array<string> = []
  forEachRecord(bytes, 0, bytes.length, true, { maxBytes: 1_048_576, maxLines: 1000 }, (start, end) =>
    records.push(bytes.toString("utf8", start, end))
  )
  return records
}
