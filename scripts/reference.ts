// Reference: writes docs/reference, the JSON Schema of the pipeline file and the api's GraphQL schema from the code itself.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { schemaText } from "../apps/api/src/graphql/schema.ts"
import { serviceAccounts } from "../libs/streams/src/broker-accounts.ts"
import { catalogues } from "./reference/catalogues.ts"
import { cliPage } from "./reference/cli-page.ts"
import { componentPage } from "./reference/component-page.ts"
import { configPages } from "./reference/config-page.ts"
import { errorPage } from "./reference/error-page.ts"
import { licencePage } from "./reference/licence-page.ts"
import { page } from "./reference/markdown.ts"
import { metricPage } from "./reference/metric-page.ts"
import { pipelineSchema } from "./reference/pipeline-schema.ts"
import { queryPage } from "./reference/query-page.ts"
import { root, sourceFiles } from "./reference/source-files.ts"

const folder = join(root, "docs/reference")
const files = sourceFiles()

const pages: ReadonlyArray<readonly [string, string]> = [
  ...catalogues.map((catalogue) => [`${catalogue.title.toLowerCase()}.md`, componentPage(catalogue)] as const),
  ...configPages(),
  ["cli.md", await cliPage()],
  ["errors.md", errorPage(files)],
  ["licences.md", licencePage()],
  ["process-metrics.md", metricPage(files)],
  ["query-language.md", queryPage()]
]

const titleOf = (text: string): string => /^# (.+)$/m.exec(text)?.[1] ?? ""
const list = pages.map(([name, text]) => `- [${titleOf(text)}](${name})`).join("\n")
const index = page(
  "Reference",
  list,
  "The GraphQL schema is [schema.graphql](../../apps/api/schema.graphql); the JSON Schema of the pipeline file is [pipeline.schema.json](pipeline.schema.json)."
)

const written: ReadonlyArray<readonly [string, string]> = [
  ...pages.map(([name, text]) => [join(folder, name), text] as const),
  [join(folder, "README.md"), index],
  [join(folder, "pipeline.schema.json"), pipelineSchema()],
  [join(root, "apps/api/schema.graphql"), schemaText()],
  [join(root, "nats/accounts.conf"), serviceAccounts()]
]

const textAt = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return undefined
  }
}

mkdirSync(folder, { recursive: true })
let changed = 0
for (const [path, text] of written) {
  if (textAt(path) === text) continue
  writeFileSync(path, text)
  changed++
}
const kept = new Set(written.map(([path]) => path))
for (const name of readdirSync(folder)) if (!kept.has(join(folder, name))) rmSync(join(folder, name))
console.log(`reference: ${written.length} files, ${changed} changed`)
