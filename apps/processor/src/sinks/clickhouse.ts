// clickhouse: sink that stores rows and their account in ClickHouse, exactly once.
import { Effect } from "effect"
import { defineSink, type Sink } from "../outputs/sink.ts"
import { ClickHouseConfig } from "./clickhouse/clickhouse-config.ts"
import { type ClickHouseServices, openClickHouse } from "./clickhouse/open-clickhouse.ts"

export const clickhouse = defineSink({
  name: "clickhouse",
  summary: "Stores records, and the account of each batch, in ClickHouse.",
  config: ClickHouseConfig,
  examples: [
    { title: "The default", config: { type: "clickhouse" } },
    {
      title: "More patience, and no record set aside",
      config: {
        type: "clickhouse",
        retry: { longest: "30s" },
        breaker: { longest: "1m" },
        deadLetters: { perBatch: 0 }
      }
    }
  ],
  make: (config) =>
    Effect.succeed<Sink<ClickHouseServices>>({
      name: "clickhouse",
      durable: true,
      policy: config,
      open: (context) => openClickHouse(context, config)
    })
})
