// The suite "every line kept whole": no word of any line of the corpora is missing from its record.
import { missingWords } from "../../../libs/pipeline/src/parse/missing-words.ts"
import { recordsOf } from "../../../libs/pipeline/src/parse/records-of.ts"
import { corpora } from "../corpora.ts"
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
