// Error page: every error of the product with its reasons, and what follows from each; also the api's and the query's codes.
import { consequences } from "./consequences.ts"
import { cell, code, page, table } from "./markdown.ts"
import type { SourceFile } from "./source-files.ts"

interface FoundError {
  readonly name: string
  readonly path: string
  readonly reasons: ReadonlyArray<string>
}

const declaration = /class (\w+) extends Schema\.TaggedError<\w+>\(\)\("\w+",\s*\{([\s\S]*?)\n?\}\) \{\}/g

const found = (files: ReadonlyArray<SourceFile>): ReadonlyArray<FoundError> =>
  files
    .flatMap((file) =>
      [...file.text.matchAll(declaration)].map(([, name, body]) => ({
        name: name as string,
        path: file.path,
        reasons: reasonsOf(file.text, body as string)
      }))
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1))

/** Words of the list that stands in the class, or in the declaration it names. */
const reasonsOf = (text: string, body: string): ReadonlyArray<string> => {
  const field = /(?:reason|consequence): (?:Schema\.Literals\((\[[\s\S]*?\]|\w+)\)|(\w+))/.exec(body)
  const inline = field?.[1]
  const name = inline === undefined ? field?.[2] : inline.startsWith("[") ? undefined : inline
  const list =
    name === undefined
      ? inline
      : new RegExp(`const ${name} = (?:Schema\\.Literals\\()?(\\[[\\s\\S]*?\\])`).exec(text)?.[1]
  return [...(list ?? "").matchAll(/"([\w-]+)"/g)].map((match) => match[1] as string)
}

/** Fails when an error or a reason has no stated consequence, or a stated one exists no more. */
export const errorPage = (files: ReadonlyArray<SourceFile>): string => {
  const errors = found(files)
  const rows: Array<ReadonlyArray<string>> = []
  const stated = new Set(
    Object.entries(consequences).flatMap(([name, all]) => Object.keys(all).map((r) => `${name} ${r}`))
  )
  for (const { name, path, reasons } of errors) {
    for (const reason of reasons.length === 0 ? [""] : reasons) {
      const consequence = consequences[name]?.[reason]
      if (consequence === undefined) {
        throw new Error(`${path}: ${name} ${reason} has no consequence, state it in scripts/reference/consequences.ts`)
      }
      stated.delete(`${name} ${reason}`)
      rows.push([code(name), code(reason), cell(consequence), `[${path.split("/").at(-1)}](../../${path})`])
    }
  }
  if (stated.size > 0) {
    throw new Error(`scripts/reference/consequences.ts: no such error: ${[...stated].join(", ")}`)
  }
  return page(
    "Errors and their consequences",
    "Every failure is a value of one of these classes. Its message says what was wrong, where, and what to do. The first word of the consequence: **retry** the same again; **hold** the batch and press back; **restart** the pipeline of that partition from its stored offsets; **refuse** the request that caused it; **stop** the process or command; **continue** with less; **end** in order.",
    table(["error", "reason", "consequence", "declared in"], rows)
  )
}
