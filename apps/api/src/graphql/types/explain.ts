// GraphQL queries explainQuery and completions: what a query means, what is wrong with it, and how it may go on.
import { type Candidate, type Completion, complete } from "@tailrace/query/complete"
import type { Diagnostic } from "@tailrace/query/diagnostic"
import { type ParsedQuery, parseQuery } from "@tailrace/query/parse"
import { printQuery } from "@tailrace/query/print"
import { toSql } from "@tailrace/query/to-sql"
import { builder } from "../builder.ts"

const DiagnosticType = builder.objectRef<Diagnostic>("QueryDiagnostic").implement({
  description: "Something wrong or doubtful in a query; positions are UTF-16 offsets into its text.",
  fields: (t) => ({
    from: t.exposeInt("from"),
    to: t.exposeInt("to"),
    severity: t.exposeString("severity", { description: "error or warning." }),
    code: t.exposeString("code"),
    message: t.exposeString("message"),
    fix: t.field({
      type: "JSON",
      nullable: true,
      description: "Replace from..to by insert.",
      resolve: (one) => one.fix ?? null
    })
  })
})

const Explanation = builder.objectRef<ParsedQuery>("QueryExplanation").implement({
  fields: (t) => ({
    diagnostics: t.field({ type: [DiagnosticType], resolve: (parsed) => parsed.diagnostics }),
    canonical: t.string({
      description: "The query as it is understood, written out.",
      resolve: (parsed) => printQuery(parsed.ast)
    }),
    sql: t.string({
      description: "The ClickHouse condition; values are parameters.",
      resolve: (parsed, _, context) => toSql(parsed.ast, { now: context.now() }).condition
    }),
    params: t.field({ type: "JSON", resolve: (parsed, _, context) => toSql(parsed.ast, { now: context.now() }).params })
  })
})

const CandidateType = builder.objectRef<Candidate>("QueryCandidate").implement({
  fields: (t) => ({
    label: t.exposeString("label"),
    insert: t.exposeString("insert", { description: "Replaces the text from..to." }),
    kind: t.exposeString("kind", { description: "field, operator, connective or value." }),
    detail: t.exposeString("detail")
  })
})

const CompletionType = builder.objectRef<Completion>("QueryCompletion").implement({
  fields: (t) => ({
    from: t.exposeInt("from"),
    to: t.exposeInt("to"),
    slot: t.exposeString("slot"),
    field: t.string({
      nullable: true,
      description: "The field whose values are wanted: ask `values`.",
      resolve: (completion) => completion.field ?? null
    }),
    prefix: t.exposeString("prefix"),
    candidates: t.field({ type: [CandidateType], resolve: (completion) => completion.candidates })
  })
})

builder.queryFields((t) => ({
  explainQuery: t.field({
    type: Explanation,
    description: "What a query means and what is wrong with it, without running it.",
    args: { query: t.arg.string({ required: true }) },
    resolve: (_, { query }) => parseQuery(query)
  }),
  completions: t.field({
    type: CompletionType,
    description: "How a query may go on at a position: fields and operators; values come from `values`.",
    args: { query: t.arg.string({ required: true }), position: t.arg.int({ required: true }) },
    resolve: (_, { query, position }) => complete(query, position)
  })
}))
