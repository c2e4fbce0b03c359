// Catalogue of the sinks.
import { clickhouse } from "./clickhouse.ts"
import { file } from "./file.ts"
import { live } from "./live.ts"
import { stdout } from "./stdout.ts"

export const sinkCatalogue = [clickhouse, file, live, stdout] as const
