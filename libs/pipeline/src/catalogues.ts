// Catalogues: which components a pipeline file may name. Stages and metrics are the library's own; sinks are handed in.
import type { EntryComponent } from "@tailrace/config/make-entry"
import { detectorCatalogue } from "./detect/catalogue.ts"
import type { Detector } from "./detect/detector.ts"
import { enrichmentCatalogue } from "./enrich/catalogue.ts"
import type { Enrichment } from "./enrich/enrichment.ts"
import { filterCatalogue } from "./filter/catalogue.ts"
import type { FilterRule } from "./filter/filter-rule.ts"
import { metricCatalogue } from "./window/catalogue.ts"
import type { MetricKind } from "./window/metric-kind.ts"

type CatalogueOf<A> = ReadonlyArray<EntryComponent<A>>

/** The catalogues by the section of the file that names their entries. */
export interface Catalogues<S> {
  readonly filter: CatalogueOf<FilterRule>
  readonly enrich: CatalogueOf<Enrichment>
  readonly metrics: CatalogueOf<MetricKind>
  readonly detectors: CatalogueOf<Detector>
  /** What a sink is, only its runtime knows. */
  readonly sinks: CatalogueOf<S>
}

/** All that a pipeline may name, with these sinks. */
export const cataloguesWith = <S>(sinks: CatalogueOf<S>): Catalogues<S> => ({
  filter: filterCatalogue,
  enrich: enrichmentCatalogue,
  metrics: metricCatalogue,
  detectors: detectorCatalogue,
  sinks
})
