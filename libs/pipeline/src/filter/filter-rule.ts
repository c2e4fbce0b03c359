// FilterRule: the contract of the components in this folder: rows of a batch are left out by a named rule.
import { define } from "@tailrace/domain/component"
import { field, required } from "@tailrace/domain/field"
import type { LogBatch } from "@tailrace/domain/log-batch"
import { Schema } from "effect"

export const defineFilter = define("filter")

/**
 * `apply` drops rows under the rule's name. It must be deterministic: the same batch read again after a restart must lose
 * the same rows. Counts are since the rule was made.
 */
export interface FilterRule {
  readonly name: string
  readonly matched: number
  readonly dropped: number
  readonly apply: (batch: LogBatch) => void
}

/** The name every rule has: the reason under which the ledger counts what it drops. */
export const ruleName = required(
  Schema.NonEmptyString.check(Schema.isMaxLength(100)),
  "Name of the rule; the ledger counts dropped records under it."
)

/** Makes a rule of a function that visits the kept rows and answers what to do with each. */
export const makeRule = (
  name: string,
  bind: (batch: LogBatch) => (row: number) => "pass" | "keep" | "drop"
): FilterRule => {
  const rule = {
    name,
    matched: 0,
    dropped: 0,
    apply: (batch: LogBatch) => {
      const decide = bind(batch)
      const { selected, length } = batch
      for (let row = 0; row < length; row++) {
        if (selected[row] === 0) continue
        const verdict = decide(row)
        if (verdict === "pass") continue
        rule.matched++
        if (verdict === "keep") continue
        batch.drop(row, name)
        rule.dropped++
      }
    }
  }
  return rule
}

/** A query that picks records; empty picks all. */
export const whereField = (meaning: string) => field(Schema.String, "", meaning)
