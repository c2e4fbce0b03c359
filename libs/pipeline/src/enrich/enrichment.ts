// Enrichment: the contract of the components in this folder: fields of a batch are added or changed in place.
import { define } from "@tailrace/domain/component"
import type { LogBatch } from "@tailrace/domain/log-batch"

export const defineEnrichment = define("enrichment")

/** `apply` changes the kept rows. It must be deterministic and must leave identity, tenant and source alone. */
export interface Enrichment {
  readonly apply: (batch: LogBatch) => void
}
