// Schema: all types and fields of the api, and its text for schema.graphql.
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from "graphql"
import { builder } from "./builder.ts"
import "./scalars.ts"
import "./types/log-record.ts"
import "./types/logs.ts"
import "./types/aggregates.ts"
import "./types/windows.ts"
import "./types/ledger.ts"
import "./types/dead-letters.ts"
import "./types/explain.ts"
import "./types/pipeline.ts"
import "./types/tail.ts"

builder.queryType({})
builder.mutationType({})
builder.subscriptionType({})

export const schema: GraphQLSchema = builder.toSchema()

/** The schema as text, the same for the same types; committed as apps/api/schema.graphql. */
export const schemaText = (): string => `${printSchema(lexicographicSortSchema(schema))}\n`
