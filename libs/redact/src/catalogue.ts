// Catalogue of the rules of redaction.
import type { Rule } from "./rule.ts"
import { addressRules } from "./rules/addresses.ts"
import { cardRule } from "./rules/cards.ts"
import { namedRules } from "./rules/named-values.ts"
import { personalRules } from "./rules/personal.ts"
import { tokenRules } from "./rules/tokens.ts"

/** Where two find the same bytes, the first has its name there. */
export const ruleCatalogue: ReadonlyArray<Rule> = [
  ...tokenRules,
  ...namedRules,
  cardRule,
  ...personalRules,
  ...addressRules
]
