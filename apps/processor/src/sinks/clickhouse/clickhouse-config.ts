// ClickHouseConfig: what a pipeline file may say about the sink clickhouse.
import { field } from "@tailrace/domain/field"
import { Schema } from "effect"
import { sinkPolicyFields } from "../../outputs/sink-policy.ts"

const DeadLetters = Schema.Struct({
  perBatch: field(
    Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
    1_000,
    "Records of one batch that may become dead letters; with more the batch is held, because the schema is wrong rather than the records."
  ),
  codes: field(
    Schema.Array(Schema.Int),
    [],
    "Further exception codes of ClickHouse that speak of single records rather than of all."
  )
})

export const ClickHouseConfig = Schema.Struct({
  type: Schema.Literal("clickhouse"),
  ...sinkPolicyFields,
  deadLetters: field(DeadLetters, {}, "What becomes of records that the store refuses.")
})
export type ClickHouseConfig = typeof ClickHouseConfig.Type
