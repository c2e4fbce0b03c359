// Component page: what a catalogue holds, one section a component.
import type { AnyComponent, Catalogue } from "./catalogues.ts"
import { fieldTable } from "./field-table.ts"
import { cell, flow, page, table } from "./markdown.ts"

export const componentPage = (catalogue: Catalogue): string => {
  const overview = catalogue.components.map(({ name, summary }) => [`[${name}](#${name})`, cell(summary)])
  return page(
    catalogue.title,
    catalogue.summary,
    table(["type", "does"], overview),
    ...catalogue.components.map((component) => section(catalogue, component))
  )
}

const section = (catalogue: Catalogue, component: AnyComponent): string => {
  const examples = component.examples.flatMap(({ title, config }) => {
    const placed = catalogue.place(component.name, config as Readonly<Record<string, unknown>>)
    return placed === undefined ? [] : [`\`\`\`yaml\n# ${title}\n${lines(placed)}\n\`\`\``]
  })
  return [`## ${component.name}`, component.summary, fieldTable(component.config), ...examples].join("\n\n")
}

/** The first level in YAML's block style, what it holds in flow style. */
const lines = (value: Readonly<Record<string, unknown>>): string =>
  Object.entries(value)
    .map(([key, one]) =>
      Array.isArray(one) ? `${key}:\n${one.map((item) => `  - ${flow(item)}`).join("\n")}` : `${key}: ${flow(one)}`
    )
    .join("\n")
