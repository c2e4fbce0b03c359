// ModelStore: a store as pipelines reach it over a network: slow, refusing, away, and killed in the middle of an insert.
import type { StoredMessagesShape } from "@tailrace/store/recover/stored-messages"
import { StoreError } from "@tailrace/store/store-error"
import type { TablesShape } from "@tailrace/store/tables"
import { Effect } from "effect"
import type { Life } from "./life.ts"
import { type JsonRow, ModelTables } from "./model-tables.ts"
import { everything, type Remains, remainsOf, remainsText } from "./model-tokens.ts"
import { type NativeRow, readNativeLetters, readNativeRows } from "./native-reader.ts"
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
  /** How often it dies so after all other faults are over, at most. */
  readonly most: number
  /** How often it dies while it works on inserts of several partitions. */
  readonly wide: number
  /** Share of its deaths in which its machine loses power. */
  readonly power: number
}

/** As the client of the store is configured. */
const clientPatience = 30_000
/** The longest way of a request; shorter than any process takes to come up again. */
const longestWay = 20

/** An insert that the store works on. */
interface Running {
  readonly name: string
  readonly token: string
  readonly apply: Apply
}

/** What an insert does, or what is left of it; answers why it is refused. */
type Apply = (remains: Remains) => StoreError | undefined

/** What a record says that the constraint does not let in. */
const unstorable = "no-sink"

const noAnswer = (name: string) =>
  new StoreError({ consequence: "retry", message: `${name}: no answer from the store: socket hang up` })

export class ModelStore {
  readonly tables = new ModelTables()
  kills = 0
  /** Kills that found inserts of several partitions at work. */
  wideKills = 0
  /** Kills of its whole machine. */
  powerFailures = 0
  /** Whether a constraint on the table of rows is in force. */
  constrained = false
  private lateKills = 0
  private wideDue = 0
  private up = true
  private readonly running = new Map<number, Running>()
  private number = 0
  private readonly world: World
  private readonly faults: StoreFaults

  constructor(world: World, faults: StoreFaults) {
    this.world = world
    this.faults = faults
  }

  /** The store dies: each insert it works on is cut off where it is, and answers no more; what it has answered is synced. */
  kill(downMillis: number, withoutPower = this.world.random() < this.faults.power): void {
    if (!this.up) return
    this.up = false
    this.kills++
    this.world.note(withoutPower ? "the store is without power" : "the store is killed")
    if (this.isWide()) this.wideKills++
    for (const { apply, name } of this.running.values()) {
      const remains = remainsOf(this.world, withoutPower)
      this.world.note(`of ${name} is left: ${remainsText(remains)}`)
      apply(remains)
    }
    if (withoutPower) {
      this.powerFailures++
      this.tables.tokens.loseEnds(this.world)
    }
    this.running.clear()
    this.world.after(downMillis, () => {
      this.up = true
      this.world.note("the store is up")
    })
  }

  /** Whether it works on inserts of several partitions. */
  private isWide(): boolean {
    return new Set([...this.running.values()].map(({ token }) => partitionOf(token))).size > 1
  }

  /** Whether it dies with what it has just inserted, as far as that came. */
  private dies(): boolean {
    const { faults, world } = this
    if (!world.calm) return world.chance(faults.killed)
    if (world.quiet || this.lateKills >= faults.most || world.random() >= faults.killed) return false
    this.lateKills++
    return true
  }

  /** Dies soon, where it works on inserts of several partitions and is to do so now and then. */
  private diesOfMany(): void {
    const { faults, world } = this
    if (world.quiet || this.wideDue >= faults.wide || !this.isWide() || world.random() < 0.5) return
    this.wideDue++
    world.after(world.between(0, 30), () => this.isWide() && this.kill(world.between(200, 20_000)))
  }

  /** The store as one process sees it. */
  tablesOf(life: Life): TablesShape {
    const { tables } = this
    const read = <A>(name: string, apply: () => A) => this.read(life, name, apply)
    const insert = (name: string, token: string, apply: Apply) => this.insert(life, `${name} ${token}`, token, apply)
    return {
      runningInserts: (partition, of = "rows") =>
        read(`ask for running inserts of ${of}`, () => {
          const own = new RegExp(`^${of === "rows" ? "(ledger-|fill-)?" : "dead-"}${partition}-`)
          return [...this.running.values()].filter(({ token }) => own.test(token)).length
        }),
      lastInsert: (table, partition) => read(`ask for the last of ${table}`, () => tables.lastInsert(table, partition)),
      insertAt: (table, partition, ingestedAt) =>
        read(`ask for an insert into ${table}`, () => tables.lastInsert(table, partition, ingestedAt)),
      lettersAfter: (partition, sequence) =>
        read("read the dead letters", () => tables.letters.after(partition, sequence)),
      splitFrameFound: (partition, lastSequence) =>
        read("read the split frame", () => tables.splitFrameFound(partition, lastSequence)),
      doubledRows: (partition, ingestedAt) =>
        read("look for doubled rows", () => tables.doubledRows(partition, ingestedAt)),
      rollupGaps: (partition, ingestedAt) =>
        read("compare the rollup", () => tables.rollupGaps(partition, ingestedAt).cells.size),
      fillRollup: (partition, ingestedAt) =>
        insert("fill the rollup", `fill-${partition}-${ingestedAt}`, ({ rollup }) => {
          if (rollup) tables.fillRollup(partition, ingestedAt)
          return undefined
        }),
      insertNative: (table, _columns, token, bytes) => {
        const sent = bytes.slice()
        const write = this.writerOf(table, token, sent)
        return insert(`insert into ${table}`, token, (remains) => {
          if (life.alive && Buffer.compare(sent, bytes) !== 0)
            this.world.violate(`the bytes of ${token} changed on the way`)
          return write(remains)
        })
      },
      insertJson: (table, rows, token) =>
        insert(`insert into ${table}`, token, (remains) => {
          tables.insertJson(table, token, rows as ReadonlyArray<JsonRow>, remains)
          return undefined
        })
    }
  }

  storedMessagesOf(life: Life): StoredMessagesShape {
    return {
      between: (...range) =>
        this.read(life, "ask when messages were received", () => this.tables.messagesBetween(...range))
    }
  }

  private writerOf(table: string, token: string, bytes: Uint8Array): Apply {
    if (table === "dead_letters") {
      const letters = readNativeLetters(bytes)
      return (remains) => {
        this.tables.insertLetters(token, letters, remains)
        return undefined
      }
    }
    const rows = readNativeRows(bytes)
    return (remains) => {
      const refused = this.constrained ? rows.find(({ body }) => body.includes(unstorable)) : undefined
      if (refused !== undefined) return violation(refused)
      this.tables.insertLogs(token, bytes, rows, remains)
      return undefined
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

  private insert(life: Life, name: string, token: string, apply: Apply): Effect.Effect<void, StoreError> {
    const { faults, world } = this
    return life.request(name, (answer) => {
      const fail = (after: number) => world.after(after, () => answer(Effect.fail(noAnswer(name))))
      if (world.chance(faults.lost)) return void fail(world.between(1, clientPatience))
      world.after(world.between(0.2, longestWay), () => {
        if (!this.up) return fail(1)
        if (world.chance(faults.refused)) return answer(Effect.fail(tooMany(name)))
        const works = world.chance(faults.slow) ? world.between(1_000, 60_000) : world.between(1, 60)
        const number = this.number++
        this.running.set(number, { name, token, apply })
        this.diesOfMany()
        if (works > clientPatience) fail(clientPatience)
        return world.after(works, () => {
          // A store that was killed meanwhile has cut it off.
          if (!this.running.has(number)) return fail(1)
          if (this.dies()) {
            this.kill(world.between(200, 20_000))
            return fail(1)
          }
          this.running.delete(number)
          const refusal = apply(everything)
          world.note(`${name} is ${refusal === undefined ? "done" : "refused"}`)
          if (works > clientPatience) return undefined
          if (world.chance(faults.lost)) return fail(world.between(1, clientPatience))
          const result = refusal === undefined ? Effect.void : Effect.fail(refusal)
          return world.after(world.between(0.2, longestWay), () => answer(result))
        })
      })
    })
  }
}

const tooMany = (name: string) =>
  new StoreError({ consequence: "retry", code: 202, message: `${name}: too many simultaneous queries` })

const violation = ({ row, sequence }: NativeRow) =>
  new StoreError({
    consequence: "dead-letter",
    code: 469,
    type: "VIOLATED_CONSTRAINT",
    message: `insert into logs: constraint storable is violated at row ${sequence}-${row}`
  })

/** Tokens of all inserts but those of dead letters begin with a partition, or with a name and one. */
const partitionOf = (token: string): string => /\d+/.exec(token)?.[0] ?? ""
