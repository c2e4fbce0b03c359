// CollectorConfigurable: the collector's configuration with what its sources say to it, and where variables stand in its list.
import type { Configurable, KeyPath } from "@tailrace/config/config-file"
import { Effect } from "effect"
import { CollectorConfig, collectorKeys } from "./config.ts"
import { makeSources } from "./make-sources.ts"

/** A variable for a source is its entry's where `sources` lists one of its type. */
const place = (
  path: KeyPath,
  { sources }: Readonly<Record<string, unknown>>
): KeyPath | { readonly problem: string } => {
  const [type, ...rest] = path
  if (!Array.isArray(sources) || (type !== "http" && type !== "syslog")) return path
  const found = sources.flatMap((entry, i) => ((entry as { readonly type?: unknown } | null)?.type === type ? [i] : []))
  const [at] = found
  if (at !== undefined && found.length === 1) return ["sources", at, ...rest]
  const many = found.length === 0 ? "no entry" : `${found.length} entries`
  return { problem: `sources has ${many} of type ${type}, unset it and set ${rest.join(".")} in the file` }
}

/** The collector's configuration: its file, and the variables that win over it. */
export const collectorConfigurable = {
  schema: CollectorConfig,
  keys: collectorKeys,
  place,
  problems: (config) => Effect.map(makeSources(config), (made) => ("problems" in made ? made.problems : []))
} satisfies Configurable<typeof CollectorConfig>
