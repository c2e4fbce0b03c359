// Catalogue of the sinks.
import { clickhouse } from "./clickhouse.ts"
import { live } from "./live.ts"
import { stdout } from "./stdout.ts"

export const sinkCatalogue = [clickhouse, live, stdout] as const
