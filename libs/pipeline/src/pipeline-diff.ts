// PipelineDiff: what is different between two pipeline files, in words.
import { isDeepStrictEqual } from "node:util"
import type { PipelineConfig } from "./pipeline-config.ts"

type Entry = Readonly<Record<string, unknown>>

/** What a section's entries are called, and what their change means beyond itself. */
const sections: ReadonlyArray<{
  readonly key: "filter" | "enrich" | "metrics" | "detectors" | "sinks"
  readonly noun: string
  readonly changed?: string
  readonly removed?: string
}> = [
  { key: "filter", noun: "filter" },
  { key: "enrich", noun: "enrichment" },
  {
    key: "metrics",
    noun: "metric",
    changed: "its open windows start anew",
    removed: "its open windows are not closed any more"
  },
  { key: "detectors", noun: "detector", changed: "it learns anew" },
  { key: "sinks", noun: "sink" }
]

/** Keys that cannot change while a process runs, and tests, which are no part of what runs. */
const elsewhere: ReadonlySet<string> = new Set([...sections.map(({ key }) => key), "name", "placement", "tests"])

/** One sentence for each thing that is different; empty when the two run the same. */
export const differences = (before: PipelineConfig, after: PipelineConfig): ReadonlyArray<string> => [
  ...sections.flatMap(({ key, noun, changed, removed }) => {
    const old = named(before[key])
    const now = named(after[key])
    const ordered = [...old.keys()].filter((name) => now.has(name))
    const moved = !isDeepStrictEqual(
      ordered,
      [...now.keys()].filter((name) => old.has(name))
    )
    return [
      ...[...now.keys()].filter((name) => !old.has(name)).map((name) => `${noun} ${name} added`),
      ...[...old.keys()].filter((name) => !now.has(name)).map((name) => sentence(`${noun} ${name} removed`, removed)),
      ...ordered
        .filter((name) => !isDeepStrictEqual(old.get(name), now.get(name)))
        .map((name) => sentence(`${noun} ${name} changed`, changed)),
      ...(moved ? [`${key} in another order`] : [])
    ]
  }),
  ...plainKeys(before, after)
    .filter((key) => !isDeepStrictEqual(before[key], after[key]))
    .map((key) => `${key} changed`)
]

const plainKeys = (before: PipelineConfig, after: PipelineConfig) =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key): key is keyof PipelineConfig => !elsewhere.has(key)
  )

const sentence = (what: string, meaning: string | undefined): string =>
  meaning === undefined ? what : `${what}: ${meaning}`

/** Entries by what a person would call them: their name, or their type and what they belong to, numbered where alike. */
const named = (entries: ReadonlyArray<Entry>): ReadonlyMap<string, Entry> => {
  const result = new Map<string, Entry>()
  for (const entry of entries) {
    const own = entry.name === undefined ? String(entry.type) : JSON.stringify(entry.name)
    const base = entry.metric === undefined ? own : `${own} of ${JSON.stringify(entry.metric)}`
    let name = base
    for (let number = 2; result.has(name); number++) name = `${base} ${number}`
    result.set(name, entry)
  }
  return result
}
