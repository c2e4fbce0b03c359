// Scalars: DateTime in ISO 8601 with up to nine decimals, and JSON.
import { isoNanos } from "@tailrace/query/time"
import { GraphQLError } from "graphql"
import { builder } from "./builder.ts"

/** ISO 8601 in UTC of nanoseconds since 1970; three decimals when that is all there is, nine otherwise. */
const isoOfNanos = (nanos: bigint): string => {
  const millis = nanos / 1_000_000n
  const rest = nanos % 1_000_000n
  const iso = new Date(Number(millis)).toISOString()
  return rest === 0n ? iso : `${iso.slice(0, -1)}${String(rest).padStart(6, "0")}Z`
}

const badTime = (value: unknown): GraphQLError =>
  new GraphQLError(`${JSON.stringify(value)} is no time: write ISO 8601 such as 2026-11-21T08:30:00Z`, {
    extensions: { code: "BAD_TIME" }
  })

builder.scalarType("DateTime", {
  description: "A time in ISO 8601, UTC unless it names a zone, with up to nine decimals of a second.",
  serialize: (value) => (typeof value === "bigint" ? isoOfNanos(value) : new Date(value).toISOString()),
  parseValue: (value) => {
    const nanos = typeof value === "string" ? isoNanos(value) : undefined
    if (nanos === undefined) throw badTime(value)
    return nanos
  }
})

builder.scalarType("JSON", {
  description: "Any JSON value; attributes are an object of texts.",
  serialize: (value) => value,
  parseValue: (value) => value
})
