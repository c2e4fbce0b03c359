// Catalogue of the metric types.
import { avg } from "./avg.ts"
import { count } from "./count.ts"
import { max } from "./max.ts"
import { min } from "./min.ts"
import { quantiles } from "./quantiles.ts"
import { rate } from "./rate.ts"
import { sum } from "./sum.ts"
import { unique } from "./unique.ts"

export const metricCatalogue = [count, rate, sum, avg, min, max, quantiles, unique] as const
