// Catalogue of the filters.
import { drop } from "./drop.ts"
import { keep } from "./keep.ts"
import { sample } from "./sample.ts"

export const filterCatalogue = [drop, keep, sample] as const
