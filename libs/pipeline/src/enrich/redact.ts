// redact: enrichment that takes secrets and personal values out of body, attributes and resource.
import type { PairList } from "@tailrace/domain/pair-list"
import type { TextColumn } from "@tailrace/domain/text-column"
import { redactFields } from "@tailrace/redact/redact-config"
import { Redactor } from "@tailrace/redact/redactor"
import { Effect, Schema } from "effect"
import { ComponentConfigError } from "../config-error.ts"
import { defineEnrichment, type Enrichment } from "./enrichment.ts"

const config = Schema.Struct({ type: Schema.Literal("redact"), ...redactFields })

export const redact = defineEnrichment({
  name: "redact",
  summary:
    "Takes secrets and personal values out of body, attributes and resource; what came before it, the raw stream and dead letters, holds them still.",
  config,
  examples: [
    { title: "Keys, tokens and passwords", config: { type: "redact" } },
    { title: "Card numbers as receipts show them", config: { type: "redact", rules: ["cards"], action: "last4" } }
  ],
  make: Effect.fnUntraced(function* (config) {
    if (config.action === "hash" && config.key === undefined) {
      // Rows that are made again after a crash have to be the same.
      return yield* new ComponentConfigError({ key: "key", message: "is needed for hash: name a file that holds it" })
    }
    const redactor = new Redactor(config)
    const enrichment: Enrichment = {
      apply: (batch) => {
        redactTexts(redactor, batch.body, batch.length)
        for (const list of [batch.attributes, batch.resource]) redactPairs(redactor, list)
      }
    }
    return enrichment
  })
})

/** Rows that are left out go along; nobody reads them. */
const redactTexts = (redactor: Redactor, column: TextColumn, rows: number): void => {
  if (!redactor.mayHold(column.arena, 0, column.used)) return
  for (let row = 0; row < rows; row++) redactText(redactor, column, row)
}

const redactText = (redactor: Redactor, column: TextColumn, row: number): void => {
  const length = column.length[row] as number
  if (length === 0) return
  const start = column.start[row] as number
  const clean = redactor.redact(column.arena, start, start + length)
  if (clean !== undefined) column.put(row, clean, 0, clean.length)
}

const redactPairs = (redactor: Redactor, { count, keys, values }: PairList): void => {
  const rules = new Map<number, string>()
  for (let code = 1; code < keys.size; code++) {
    const rule = redactor.ruleOfName(keys.text(code))
    if (rule !== undefined) rules.set(code, rule)
  }
  const mayHold = redactor.mayHold(values.arena, 0, values.used)
  if (rules.size === 0 && !mayHold) return
  for (let pair = 0; pair < count; pair++) {
    const rule = rules.get(keys.codes[pair] as number)
    if (rule !== undefined) replaceWhole(redactor, values, pair, rule)
    else if (mayHold) redactText(redactor, values, pair)
  }
}

const replaceWhole = (redactor: Redactor, column: TextColumn, row: number, rule: string): void => {
  const start = column.start[row] as number
  const clean = redactor.replaceWhole(column.arena, start, start + (column.length[row] as number), rule)
  if (clean !== undefined) column.put(row, clean, 0, clean.length)
}
