// RedactConfig: which rules look for what, and what takes its place.
import { Secret } from "@tailrace/access/secret"
import { field, optional } from "@tailrace/domain/field"
import { Schema } from "effect"
import { ruleCatalogue } from "./catalogue.ts"
import { ruleGroups } from "./rule.ts"

/** Names of rules and groups. */
export const ruleNames: ReadonlyArray<string> = [...ruleGroups, ...new Set(ruleCatalogue.map(({ name }) => name))]

const known = Schema.makeFilter<string>(
  (name) => ruleNames.includes(name) || `no rule ${JSON.stringify(name)}, there are ${ruleNames.join(", ")}`
)

const actions = ["replace", "mask", "last4", "hash", "remove"] as const
/** What takes the place of a value that is taken out. */
export type Action = (typeof actions)[number]

export const redactFields = {
  rules: field(
    Schema.Array(Schema.String.check(known)),
    ["secrets"],
    "Rules, or groups of them: `secrets`, `cards`, `personal`, `addresses`."
  ),
  except: field(Schema.Array(Schema.String.check(known)), [], "Rules of the groups above that are left out."),
  action: field(
    Schema.Literals(actions),
    "replace",
    "What takes a value's place: `replace` a word with the rule's name; `mask` asterisks; `last4` asterisks and the last four characters; `hash` the same letters for the same value, which only the key's owner can try out; `remove` nothing."
  ),
  key: optional(
    Secret,
    "Key of `hash`, or `{ file }` that holds it; made anew at each start when it is left out, so that values are alike until then only."
  )
}

export const RedactConfig = Schema.Struct(redactFields)
export type RedactConfig = typeof RedactConfig.Type
