// The suite json: documents that RFC 8259 accepts and refuses, and strings that have broken programs.
import { recordOf } from "../../../libs/pipeline/src/parse/records-of.ts"
import { compared, type Suite } from "../suite.ts"

interface Document {
  readonly name: string
  readonly must: "accept" | "reject" | "either"
  readonly text?: string
  readonly b64?: string
}

const documents = "json/jsontestsuite.json"
const strings = "json/naughty_strings.json"

export const json: Suite = {
  name: "json",
  asks: "Documents are accepted and refused as JSONTestSuite says; naughty strings come through unchanged.",
  wanted: 100,
  needs: () => [documents, strings],
  run: async (data) => [
    ...data.json<ReadonlyArray<Document>>(documents).map(({ b64, must, name, text }) => {
      const document = text === undefined ? Buffer.from(b64 ?? "", "base64") : Buffer.from(text)
      const wrapped = Buffer.concat([Buffer.from('{"value":'), document, Buffer.from("}")])
      const { parsed } = recordOf(wrapped, { codec: "json", layout: "single" })
      return compared(name, `documents to ${must}`, [
        ["parsed", must === "either" ? parsed : must === "accept", parsed]
      ])
    }),
    ...data.json<ReadonlyArray<string>>(strings).map((text, index) => {
      const record = recordOf(JSON.stringify({ message: text, text }), { layout: "single" })
      return compared(`string ${index}`, "naughty strings", [
        ["body", text === "" ? record.body : text.toWellFormed(), record.body],
        ["attribute", text.toWellFormed(), record.attributes.text]
      ])
    })
  ]
}
