// Catalogue of the enrichments.
import { derive } from "./derive.ts"
import { host } from "./host.ts"
import { redact } from "./redact.ts"
import { rename } from "./rename.ts"
import { static as fixedFields } from "./static.ts"

export const enrichmentCatalogue = [fixedFields, host, rename, derive, redact] as const
