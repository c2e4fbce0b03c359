// WalkTable: forwards through a text, which alternative a pattern takes at each position; each move is worked out once.
import { operation, type Program } from "./program.ts"
import type { StateSets } from "./state-sets.ts"

/** Bits of a move that number the slots it notes. */
export const saveBits = 12
const saveMask = (1 << saveBits) - 1
/** Most cells of the table. */
const mostCells = 4_194_304

/** The walk that is over. */
export const matched = 0
/** The walk that every text begins with. */
export const begun = 1
/** The list that notes nothing. */
export const emptyList = 1
/** What `workOut` answers when the move cannot be remembered. */
const tableFull = -1

/**
 * A walk is a state with the side of the byte before it. A move is the next walk and, in its lower bits, the number of a list
 * of slots, and 0 stands for a move not worked out.
 */
export class WalkTable {
  /** States looked at since the beginning. */
  steps = 0
  /** By `walk << shift | set`. */
  cells = new Int32Array(0)
  shift = 4
  lists: Array<ReadonlyArray<number>> = []
  private readonly program: Program
  private readonly sets: StateSets
  private readonly seen: Int32Array
  private readonly alive: Int32Array
  private mark = 0
  private states: Array<number> = []
  private sides: Array<number> = []
  private readonly walks = new Map<number, number>()
  private readonly listNumbers = new Map<string, number>()

  constructor(program: Program, sets: StateSets) {
    this.program = program
    this.sets = sets
    this.seen = new Int32Array(program.operations.length)
    this.alive = new Int32Array(program.operations.length)
    this.forget()
  }

  forget(): void {
    const { classCount, sideOfClass, start } = this.program
    this.shift = 4
    this.cells = new Int32Array(16 << this.shift)
    this.lists = [[], []]
    this.listNumbers.clear()
    this.listNumbers.set("", emptyList)
    this.walks.clear()
    this.states = [-1]
    this.sides = [-1]
    this.walkTo(start, sideOfClass[classCount - 1])
  }

  /** Follows the preferred alternatives of a walk to the first state that takes the byte before which `set` stands, or to the match. */
  workOut(walk: number, set: number): number {
    const { argument, holds, operations, sideCount, targets } = this.program
    const before = this.sides[walk]
    const behind = this.sets.sides[set]
    const mark = ++this.mark
    for (const state of this.sets.members[set]) this.alive[state] = mark
    const stack: Array<{ readonly state: number; readonly saves: ReadonlyArray<number> }> = [
      { state: this.states[walk], saves: [] }
    ]
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const { saves, state } = top
      this.steps++
      if (this.seen[state] === mark) continue
      this.seen[state] = mark
      const kind = operations[state]
      if (kind === operation.take) {
        if (this.alive[state] === mark) return this.remember(walk, set, this.walkTo(targets[state][0], behind), saves)
      } else if (kind === operation.match) return this.remember(walk, set, matched, saves)
      else if (kind === operation.split) {
        for (let i = targets[state].length - 1; i >= 0; i--) stack.push({ state: targets[state][i], saves })
      } else if (kind === operation.save) stack.push({ state: targets[state][0], saves: [...saves, argument[state]] })
      else if (holds[argument[state]][before * sideCount + behind] === 1)
        stack.push({ state: targets[state][0], saves })
    }
    // The set says that a match can be reached, so this is not come to.
    return tableFull
  }

  private walkTo(state: number, side: number): number {
    const key = state * this.program.sideCount + side
    const known = this.walks.get(key)
    if (known !== undefined) return known
    const walk = this.states.push(state) - 1
    this.sides.push(side)
    this.walks.set(key, walk)
    return walk
  }

  private remember(walk: number, set: number, next: number, saves: ReadonlyArray<number>): number {
    const key = saves.join(",")
    let list = this.listNumbers.get(key)
    if (list === undefined) {
      if (this.lists.length > saveMask) return tableFull
      list = this.lists.push(saves) - 1
      this.listNumbers.set(key, list)
    }
    if (!this.fit()) return tableFull
    const move = (next << saveBits) | list
    this.cells[(walk << this.shift) | set] = move
    return move
  }

  /** Makes room for all sets and walks; false when they are more than the table may hold. */
  fit(): boolean {
    let shift = this.shift
    while (1 << shift < this.sets.members.length) shift++
    const needed = this.states.length << shift
    if (shift === this.shift && needed <= this.cells.length) return true
    if (needed > mostCells) return false
    const cells = new Int32Array(Math.max(2 * needed, 256))
    for (let walk = 0; walk << this.shift < this.cells.length; walk++) {
      if (walk << shift >= cells.length) break
      cells.set(this.cells.subarray(walk << this.shift, (walk + 1) << this.shift), walk << shift)
    }
    this.cells = cells
    this.shift = shift
    return true
  }
}
