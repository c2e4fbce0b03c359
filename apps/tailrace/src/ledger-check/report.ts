// Report: what `ledger --check` prints of raw stream, rows, rollup and ledger, counted from outside.
import { endOfTime } from "@tailrace/store/read/ledger-check"
import { Store } from "@tailrace/store/store"
import { Nats } from "@tailrace/streams/nats"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Effect, Layer, Option } from "effect"
import { natsConnection, storeConnection } from "../connections.ts"
import { unreachable, usageFailure, workFailure } from "../failure.ts"
import { escapeForTerminal } from "../terminal/escape.ts"
import { Output } from "../terminal/output.ts"
import type { ConnectionInput } from "../up/flags.ts"
import { type CheckResult, checkLedger } from "./check.ts"
import type { Difference } from "./compare.ts"

export interface LedgerCheckInput extends ConnectionInput {
  readonly from: Option.Option<string>
  readonly to: Option.Option<string>
  readonly json: boolean
}

/** Differences printed on a terminal; the number of all of them is told. */
const mostLines = 200

export const runLedgerCheck = Effect.fnUntraced(function* (input: LedgerCheckInput) {
  const output = yield* Output
  const from = yield* minuteOf("from", input.from, 0, Math.floor)
  const to = yield* minuteOf("to", input.to, endOfTime, Math.ceil)
  const nats = yield* natsConnection(input)
  const store = yield* storeConnection(input)
  output.progress("counting")
  const services = Layer.mergeAll(
    Nats.layer({ ...nats, name: "tailrace.ledger", waitOnFirstConnect: false }).pipe(
      Layer.provide(Layer.merge(Health.layer, Metrics.layerBare))
    ),
    Store.layer({ ...store, timeoutMillis: 600_000 })
  )
  const result = yield* Layer.build(services).pipe(
    Effect.flatMap((context) => Effect.provideContext(checkLedger({ from, to }), context)),
    Effect.catchTag("NatsError", (error) => Effect.fail(unreachable(error.message))),
    Effect.catchTag("SurveyError", (error) => Effect.fail(workFailure(error.message))),
    Effect.catchTag("StoreError", (error) =>
      Effect.fail(error.code === undefined ? unreachable(error.message) : workFailure(error.message))
    ),
    Effect.scoped
  )
  const count = result.differences.length
  if (input.json || !output.isTerminal) {
    const settled = Object.fromEntries(result.settled)
    const differences = result.differences.map((one) => ({ ...one, minute: new Date(one.minute).toISOString() }))
    yield* output.line(JSON.stringify({ balanced: count === 0, ...result, settled, differences }))
  } else {
    yield* output.line(totalsOf(result))
    for (const difference of result.differences.slice(0, mostLines))
      yield* output.line(output.style("red", lineOf(difference)))
    if (count > mostLines) yield* output.note(`${count - mostLines} more differences; all of them with --json`)
    if (count === 0) yield* output.line(output.style("green", "raw stream, rows, rollup and ledger say the same"))
  }
  if (count > 0) return yield* workFailure(`the ledger does not add up: ${count} differences`)
})

const minuteOf = (name: string, given: Option.Option<string>, fallback: number, round: (value: number) => number) =>
  Option.match(given, {
    onNone: () => Effect.succeed(fallback),
    onSome: (text) => {
      const millis = Date.parse(text)
      return Number.isNaN(millis)
        ? Effect.fail(usageFailure(`--${name} ${text} is no time, write it as 2026-03-01T12:00:00Z`))
        : Effect.succeed(round(millis / 60_000) * 60_000)
    }
  })

const totalsOf = (result: CheckResult): string => {
  const settled = [...result.settled].map(([partition, sequence]) => `${partition}: ${sequence}`).join(", ")
  return [
    `settled through   ${settled === "" ? "nothing yet" : `partition ${settled}`}`,
    `ledger            ${result.received} received = ${result.stored} stored + ${result.deduplicated} deduplicated + ${result.dropped} dropped + ${result.rejected} rejected`,
    `logs              ${result.rows} rows`,
    `raw stream        ${result.rawRecords} records in ${result.rawFrames} messages that it still keeps, ${result.waiting} on their way`
  ].join("\n")
}

const lineOf = ({ between, minute, partition, source, tenant, words }: Difference): string => {
  const place = [tenant, ...(source === undefined ? [] : [source])].join("/")
  const where = partition === undefined ? "" : ` partition ${partition}`
  return escapeForTerminal(`${new Date(minute).toISOString().slice(0, 16)} ${place}${where}: ${between}: ${words}`)
}
