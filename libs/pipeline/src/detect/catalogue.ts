// Catalogue of the detectors.
import { zscore } from "./zscore.ts"

export const detectorCatalogue = [zscore] as const
