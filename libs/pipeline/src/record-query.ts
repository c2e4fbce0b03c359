// RecordQuery: a query of the query language as the stages use it: compiled once, bound to each batch.
import type { LogBatch } from "@tailrace/domain/log-batch"
import { parseQuery } from "@tailrace/query/parse"
import { toPredicate } from "@tailrace/query/to-predicate"
import { Effect } from "effect"
import { ComponentConfigError } from "./config-error.ts"

export type RowPredicate = (batch: LogBatch, row: number) => boolean

export interface RecordQuery {
  /** True when the query picks everything. */
  readonly all: boolean
  /**
   * The predicate for one batch. Relative times ("time:15m") count from the reception of the batch's newest frame, not
   * from a clock, so that a batch read again gives the same answer.
   */
  readonly bind: (batch: LogBatch) => RowPredicate
}

const everything: RowPredicate = () => true

/** Compiles a query given under a key of a component's configuration; all its errors become one. */
export const compileQuery = (text: string, key: string): Effect.Effect<RecordQuery, ComponentConfigError> =>
  Effect.suspend((): Effect.Effect<RecordQuery, ComponentConfigError> => {
    if (text.trim() === "") return Effect.succeed({ all: true, bind: () => everything })
    const { ast, diagnostics } = parseQuery(text)
    const errors = diagnostics.filter((diagnostic) => diagnostic.severity === "error")
    if (errors.length > 0) {
      const words = errors.map((error) => `${error.message} (at character ${error.from + 1} of the query)`)
      return Effect.fail(new ComponentConfigError({ key, message: words.join("; ") }))
    }
    if (!/\b(time|now)\b/i.test(text)) {
      const predicate: RowPredicate = toPredicate(ast, { now: 0 })
      return Effect.succeed({ all: false, bind: () => predicate })
    }
    const bind = (batch: LogBatch): RowPredicate =>
      toPredicate(ast, { now: batch.frames[batch.frames.length - 1]?.receivedMillis ?? 0 })
    return Effect.succeed({ all: false, bind })
  })
