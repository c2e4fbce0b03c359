// ModelStore: a store as pipelines reach it over a network: slow, refusing, away, and killed in the middle of an insert.
import { StoreError } from "@tailrace/store/store-error"
import type { TablesShape } from "@tailrace/store/tables"
import { Effect } from "effect"
import type { Life } from "./life.ts"
import { type CutShort, cutShort, type JsonRow, ModelTables } from "./model-tables.ts"
import type { World } from "./world.ts"

/** How likely each fault is, per request. */
export interface StoreFaults {
  /** Answers an error and does nothing. */
  readonly refused: number
  /** Gets lost on the way there, or its answer on the way back. */
  readonly lost: number
  /** Takes seconds, perhaps longer than the client waits. */
  readonly slow: number
  /** The store dies while it inserts. */
  readonly killed: number
}

/** As the client of the store is configured. */
const clientPatience = 30_000
/** The longest way of a request; shorter than any process takes to come up again. */
const longestWay = 20

const noAnswer = (name: string) =>
  new StoreError({ consequence: "retry", message: `${name}: no answer from the store: socket hang up` })

export class ModelStore {
  readonly tables = new ModelTables()
  kills = 0
  private up = true
  private readonly running = new Map<number, string>()
  private number = 0
  private readonly world: World
  private readonly faults: StoreFaults

  constructor(world: World, faults: StoreFaults) {
    this.world = world
    this.faults = faults
  }

  /** The store dies: what it works on is cut off where it is, and answers no more. */
  kill(downMillis: number): void {
    if (!this.up) return
    this.up = false
    this.kills++
    this.running.clear()
    this.world.note("the store is killed")
    this.world.after(downMillis, () => {
      this.up = true
      this.world.note("the store is up")
    })
  }

  /** The store as one process sees it. */
  tablesOf(life: Life): TablesShape {
    const { tables } = this
    const read = <A>(name: string, apply: () => A) => this.read(life, name, apply)
    const insert = (name: string, token: string, apply: (until: CutShort) => void) =>
      this.insert(life, `${name} ${token}`, token, apply)
    return {
      runningInserts: (partition) =>
        read("ask for running inserts", () => {
          const own = [...this.running.values()].filter((token) =>
            new RegExp(`^(ledger-|fill-)?${partition}-`).test(token)
          )
          return own.length
        }),
      lastInsert: (table, partition) => read(`ask for the last of ${table}`, () => tables.lastInsert(table, partition)),
      readBatch: (partition, ingestedAt) => read("read a batch", () => tables.readBatch(partition, ingestedAt)),
      // No record is refused, so there are neither dead letters nor frames in pieces.
      lettersAfter: () => read("read the dead letters", () => []),
      splitFrameFound: () => read("read the split frame", () => ({ markedAt: 0, unfinished: undefined })),
      rollupShortage: (partition, ingestedAt) =>
        read("compare the rollup", () => tables.rollupShortage(partition, ingestedAt)),
      fillRollup: (partition, ingestedAt, times) =>
        insert("fill the rollup", `fill-${partition}-${ingestedAt}`, (until) => {
          if (until === "everything") tables.fillRollup(partition, ingestedAt, times)
        }),
      insertNative: (table, _columns, token, bytes) => {
        const sent = bytes.slice()
        return insert(`insert into ${table}`, token, (until) => {
          if (life.alive && Buffer.compare(sent, bytes) !== 0)
            this.world.violate(`the bytes of ${token} changed on the way`)
          tables.insertLogs(token, sent, until)
        })
      },
      insertJson: (table, rows, token) =>
        insert(`insert into ${table}`, token, (until) =>
          tables.insertJson(table, token, rows as ReadonlyArray<JsonRow>, until)
        )
    }
  }

  private read<A>(life: Life, name: string, apply: () => A): Effect.Effect<A, StoreError> {
    const { faults, world } = this
    return life.request(name, (answer) => {
      const fail = (after: number) => world.after(after, () => answer(Effect.fail(noAnswer(name))))
      world.after(world.between(0.2, longestWay), () => {
        if (!this.up) return fail(1)
        if (world.chance(faults.refused)) return answer(Effect.fail(tooMany(name)))
        const value = apply()
        if (world.chance(faults.lost)) return fail(world.between(1, clientPatience))
        return world.after(world.between(0.2, longestWay), () => answer(Effect.succeed(value)))
      })
    })
  }

  private insert(
    life: Life,
    name: string,
    token: string,
    apply: (until: CutShort) => void
  ): Effect.Effect<void, StoreError> {
    const { faults, world } = this
    return life.request(name, (answer) => {
      const fail = (after: number) => world.after(after, () => answer(Effect.fail(noAnswer(name))))
      if (world.chance(faults.lost)) return void fail(world.between(1, clientPatience))
      world.after(world.between(0.2, longestWay), () => {
        if (!this.up) return fail(1)
        if (world.chance(faults.refused)) return answer(Effect.fail(tooMany(name)))
        const works = world.chance(faults.slow) ? world.between(1_000, 60_000) : world.between(1, 60)
        const number = this.number++
        this.running.set(number, token)
        if (works > clientPatience) fail(clientPatience)
        return world.after(works, () => {
          // A store that was killed meanwhile has cut it off.
          if (!this.running.delete(number)) return fail(1)
          if (world.chance(faults.killed)) {
            const until = cutShort[world.integer(0, cutShort.length - 1)] as CutShort
            world.note(`${name} is cut short: ${until}`)
            apply(until)
            this.kill(world.between(200, 20_000))
            return fail(1)
          }
          world.note(`${name} is done`)
          apply("everything")
          if (works > clientPatience) return undefined
          if (world.chance(faults.lost)) return fail(world.between(1, clientPatience))
          return world.after(world.between(0.2, longestWay), () => answer(Effect.void))
        })
      })
    })
  }
}

const tooMany = (name: string) =>
  new StoreError({ consequence: "retry", code: 202, message: `${name}: too many simultaneous queries` })
