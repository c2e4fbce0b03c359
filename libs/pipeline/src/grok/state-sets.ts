// StateSets: from the end of a text to its beginning, which states can still reach a match; each set is worked out once.
import { operation, type Program } from "./program.ts"

/** Most sets that are remembered, and most states in all of them together. */
const mostSets = 2048
const mostMembers = 2_000_000

/** What `before` answers when no more sets can be remembered. */
export const setsFull = -2

/**
 * Set 0 is that of the end of a text. A set at a position holds the states that take the byte there and then reach a match,
 * with the side that byte is of. Built as texts need them.
 */
export class StateSets {
  /** States looked at since the beginning. */
  steps = 0
  /** By `set << shift | class`: the set one byte before, -1 when not worked out; at the class of the edge: 1 when a match begins at the start of the text. */
  table: Int16Array
  readonly shift: number
  readonly members: Array<Int32Array> = []
  /** The side of the byte that a set stands before. */
  readonly sides: Array<number> = []
  private readonly program: Program
  private readonly numbers = new Map<string, number>()
  private memberCount = 0
  /** States that lead to a state without a byte, and those that take a byte and lead to it. */
  private readonly emptyFrom: ReadonlyArray<ReadonlyArray<number>>
  private readonly takeFrom: ReadonlyArray<ReadonlyArray<number>>
  private readonly seen: Int32Array
  private mark = 0

  constructor(program: Program) {
    this.program = program
    this.shift = Math.ceil(Math.log2(program.classCount))
    const emptyFrom: Array<Array<number>> = program.operations.map(() => [])
    const takeFrom: Array<Array<number>> = program.operations.map(() => [])
    program.targets.forEach((targets, state) => {
      const from = program.operations[state] === operation.take ? takeFrom : emptyFrom
      for (const target of targets) from[target].push(state)
    })
    this.emptyFrom = emptyFrom
    this.takeFrom = takeFrom
    this.seen = new Int32Array(program.operations.length)
    this.table = new Int16Array(16 << this.shift)
    this.forget()
  }

  /** Forgets all sets but that of the end. */
  forget(): void {
    this.numbers.clear()
    this.members.length = 0
    this.sides.length = 0
    this.memberCount = 0
    this.add([], this.program.sideOfClass[this.program.classCount - 1])
  }

  /** Works out the set before `set` when a byte of class `byteClass` stands there; `setsFull` when there is no room for it. */
  before(set: number, byteClass: number): number {
    const { argument, classCount, sideOfClass, start, takes } = this.program
    const reached = this.reach(set, sideOfClass[byteClass])
    const at = (set << this.shift) | byteClass
    if (byteClass === classCount - 1) {
      this.table[at] = this.seen[start] === this.mark ? 1 : 0
      return this.table[at]
    }
    const taken = takes[byteClass]
    const members: Array<number> = []
    for (const state of reached) {
      for (const from of this.takeFrom[state]) {
        this.steps++
        if (taken[argument[from]] === 1) members.push(from)
      }
    }
    const number = this.add(members.sort(ascending), sideOfClass[byteClass])
    if (number !== setsFull) this.table[at] = number
    return number
  }

  /** All states from which a match can be reached at the position of `set`, behind a byte of side `side`. */
  private reach(set: number, side: number): ReadonlyArray<number> {
    const { argument, holds, match, operations, sideCount } = this.program
    const behind = this.sides[set]
    const mark = ++this.mark
    const reached: Array<number> = [match]
    this.seen[match] = mark
    for (const state of this.members[set]) {
      this.seen[state] = mark
      reached.push(state)
    }
    for (let i = 0; i < reached.length; i++) {
      for (const from of this.emptyFrom[reached[i]]) {
        this.steps++
        if (this.seen[from] === mark) continue
        if (operations[from] === operation.assert && holds[argument[from]][side * sideCount + behind] === 0) continue
        this.seen[from] = mark
        reached.push(from)
      }
    }
    return reached
  }

  private add(members: ReadonlyArray<number>, side: number): number {
    const key = `${side}:${members.join(",")}`
    const known = this.numbers.get(key)
    if (known !== undefined) return known
    const number = this.members.length
    if (number >= mostSets || this.memberCount + members.length > mostMembers) return setsFull
    this.members.push(Int32Array.from(members))
    this.sides.push(side)
    this.memberCount += members.length
    this.numbers.set(key, number)
    if ((number + 1) << this.shift > this.table.length) {
      const table = new Int16Array(this.table.length * 2)
      table.set(this.table)
      this.table = table
    }
    this.table.fill(-1, number << this.shift, (number + 1) << this.shift)
    return number
  }
}

const ascending = (a: number, b: number): number => a - b
