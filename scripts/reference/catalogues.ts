// Catalogues: every component there is, by kind, with the folder its file lies in and where it stands in configuration.
import type { Component, ComponentKind } from "@tailrace/domain/component"
import { sourceCatalogue } from "../../apps/collector/src/sources/catalogue.ts"
import { sinkCatalogue } from "../../apps/processor/src/sinks/catalogue.ts"
import { detectorCatalogue } from "../../libs/pipeline/src/detect/catalogue.ts"
import { enrichmentCatalogue } from "../../libs/pipeline/src/enrich/catalogue.ts"
import { filterCatalogue } from "../../libs/pipeline/src/filter/catalogue.ts"
import { codecs } from "../../libs/pipeline/src/parse/catalogue.ts"
import { metricCatalogue } from "../../libs/pipeline/src/window/catalogue.ts"

// biome-ignore lint/suspicious/noExplicitAny: components of all kinds meet here, each with a configuration of its own
export type AnyComponent = Component<ComponentKind, any, unknown, unknown, unknown>

type Config = Readonly<Record<string, unknown>>

export interface Catalogue {
  readonly kind: ComponentKind
  /** Title of its page; also the page's file name in lower case. */
  readonly title: string
  readonly summary: string
  /** Folder of the components' files, from the root. */
  readonly folder: string
  /** A file that holds one component's configuration; undefined where the file has no place for these keys. */
  readonly place: (name: string, config: Config) => Config | undefined
  readonly components: ReadonlyArray<AnyComponent>
}

const listed = (section: string) => (_: string, config: Config) => ({ [section]: [config] })

export const catalogues: ReadonlyArray<Catalogue> = [
  {
    kind: "source",
    title: "Sources",
    summary:
      "What receives logs. They stand under `sources` in the [collector's configuration](config-collector.md), as many of a type as are wanted; each further one has a `name` of its own, and files may share theirs. Sources whose protocol is HTTP and whose address is the same share one listener. Anybody may also publish straight to the subject `logs.in.<tenant>.<source>`; no component is needed for that.",
    folder: "apps/collector/src/sources",
    place: listed("sources"),
    components: sourceCatalogue as never
  },
  {
    kind: "codec",
    title: "Codecs",
    summary:
      "How one message is decoded. `parse.codec` in the pipeline file names the codec of frames whose source does not name one; a codec's options stand under its name. What a codec cannot read is kept as it came and marked `parsed = false`.",
    folder: "libs/pipeline/src/parse/codecs",
    place: (name, config) => ({
      parse: { codec: name, ...(Object.keys(config).length === 0 ? {} : { [name]: config }) }
    }),
    components: codecs as never
  },
  {
    kind: "filter",
    title: "Filters",
    summary:
      "Rules that leave records out, in the order they stand under `filter`. The ledger counts each rule's records.",
    folder: "libs/pipeline/src/filter",
    place: listed("filter"),
    components: filterCatalogue as never
  },
  {
    kind: "enrichment",
    title: "Enrichments",
    summary: "Changes to the records that stay, in the order they stand under `enrich`.",
    folder: "libs/pipeline/src/enrich",
    place: listed("enrich"),
    components: enrichmentCatalogue as never
  },
  {
    kind: "metric",
    title: "Metrics",
    summary: "Aggregates of the records over tumbling windows of event time, under `metrics`.",
    folder: "libs/pipeline/src/window",
    place: listed("metrics"),
    components: metricCatalogue as never
  },
  {
    kind: "detector",
    title: "Detectors",
    summary: "What watches the panes of a metric and reports anomalies, under `detectors`.",
    folder: "libs/pipeline/src/detect",
    place: listed("detectors"),
    components: detectorCatalogue as never
  },
  {
    kind: "sink",
    title: "Sinks",
    summary: "Where batches go, under `sinks`.",
    folder: "apps/processor/src/sinks",
    place: listed("sinks"),
    components: sinkCatalogue as never
  }
]
