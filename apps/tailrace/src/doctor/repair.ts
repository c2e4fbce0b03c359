// Repair: finds what a store holds more than once and where its rollup counts otherwise than its rows, and mends it when told to.
import { type Copies, copiedTables, findCopies, removeCopies } from "@tailrace/store/recover/copies"
import { findRollupDifferences, levelRollup, type RollupDay } from "@tailrace/store/recover/level-rollup"
import { Store, type StoreOptions } from "@tailrace/store/store"
import { Effect, Layer } from "effect"
import { unreachable, workFailure } from "../failure.ts"
import { Output } from "../terminal/output.ts"

/** What is wrong with the tables of a store. */
interface Damage {
  readonly copies: ReadonlyArray<Copies>
  readonly rollup: ReadonlyArray<RollupDay>
}

const examineTables = Effect.gen(function* () {
  const copies = yield* Effect.forEach(copiedTables, findCopies)
  return { copies: copies.flat(), rollup: yield* findRollupDifferences } satisfies Damage
})

const mendTables = Effect.gen(function* () {
  for (const table of copiedTables) yield* removeCopies(table)
  // Copies have left the rows by now, and the rollup counted some of them and others not.
  yield* levelRollup
  return yield* examineTables
})

export interface RepairInput {
  readonly store: StoreOptions
  /** Whether anything is changed. */
  readonly yes: boolean
  readonly json: boolean
}

/**
 * Tells what it would do, and with `yes` does it; tells what is left then. Pipelines may run meanwhile. Fails while anything is
 * left, so that a script can ask whether there is anything to mend.
 */
export const repair = Effect.fnUntraced(function* ({ json, store, yes }: RepairInput) {
  const output = yield* Output
  output.progress(yes ? "mending" : "counting")
  const work = Effect.gen(function* () {
    const found = yield* examineTables
    return { found, left: yes && isDamaged(found) ? yield* mendTables : found }
  })
  const { found, left } = yield* Layer.build(Store.layer({ ...store, timeoutMillis: 3_600_000 })).pipe(
    Effect.flatMap((context) => Effect.provideContext(work, context)),
    Effect.catchTag("StoreError", (error) =>
      Effect.fail(error.code === undefined ? unreachable(error.message) : workFailure(error.message))
    ),
    Effect.scoped
  )
  const clean = !isDamaged(left)
  if (json) yield* output.line(JSON.stringify({ ok: clean, changed: yes && isDamaged(found), found, left }))
  else for (const line of linesOf(found, left, yes)) yield* output.line(line)
  if (clean) return
  return yield* workFailure(
    yes
      ? "not all of it could be mended, see above"
      : "nothing was changed: look at the above, save the store's folder or make a BACKUP, then add --yes"
  )
})

const isDamaged = ({ copies, rollup }: Damage): boolean => copies.length > 0 || rollup.length > 0

const linesOf = (found: Damage, left: Damage, yes: boolean): ReadonlyArray<string> => {
  if (!isDamaged(found))
    return ["every record and every entry of the ledger is stored once, and the rollup counts the records"]
  if (!yes) return damageLines(found)
  const rest = isDamaged(left) ? ["what is left:", ...damageLines(left)] : ["nothing of it is left"]
  return ["mended:", ...damageLines(found), ...rest]
}

const named = { logs: "records", ledger: "entries of the ledger" } as const

const damageLines = ({ copies, rollup }: Damage): ReadonlyArray<string> => [
  ...copies.flatMap(({ day, different, partition, rows, table }) => {
    const where = `partition ${partition}, stored on ${dayText(day)}`
    return [
      ...(rows > 0 ? [`  ${named[table]}, ${where}: ${rows} copies; one of each is kept`] : []),
      ...(different > 0
        ? [
            `  ${named[table]}, ${where}: ${different} have the place of another and say something else; they are left as they are`
          ]
        : [])
    ]
  }),
  ...rollup.map(
    ({ day, missing, places, surplus }) =>
      `  rollup, stored on ${day}: ${surplus} records too many and ${missing} too few, in ${places} places; it is made to count the records there are`
  )
]

/** A day as ClickHouse names a partition of its table, as people write it. */
const dayText = (day: string): string => day.replace(/^(\d{4})(\d\d)(\d\d)$/, "$1-$2-$3")
