// PatternSearch: finds a pattern in a text and notes its fields, in time that grows with the text alone.
import type { Program } from "./program.ts"
import { StateSets, setsFull } from "./state-sets.ts"
import { ThreadSearch } from "./thread-search.ts"
import { begun, emptyList, matched, saveBits, WalkTable } from "./walk-table.ts"

const saveMask = (1 << saveBits) - 1

/**
 * Reads a text twice. Backwards, it notes at each position which states can still reach a match; forwards, it follows the
 * preferred of these, so it never turns back. Sets and moves are worked out once and remembered; where they are more than
 * fit, they are forgotten, and a text that fills them by itself is searched by threads. The work for a text is at most the
 * states of the pattern times its bytes, and two table reads a byte once the kinds of its bytes are known.
 */
export class PatternSearch {
  /** Slot 2n is where field n begins, counted from the start of the text, 2n + 1 where it ends; -1 when it took no part. */
  readonly slots: Int32Array
  readonly program: Program
  private readonly sets: StateSets
  private readonly walks: WalkTable
  private readonly threads: ThreadSearch
  private trace = new Uint16Array(1024)
  private bytesRead = 0

  constructor(program: Program) {
    this.program = program
    this.slots = new Int32Array(2 * program.fields.length)
    this.sets = new StateSets(program)
    this.walks = new WalkTable(program, this.sets)
    this.threads = new ThreadSearch(program)
  }

  /** States looked at and bytes read since the beginning. */
  get steps(): number {
    return this.sets.steps + this.threads.steps + this.walks.steps + this.bytesRead
  }

  /** Finds the pattern in `bytes[start, end)`, leftmost first, and fills `slots`. */
  search(bytes: Uint8Array, start: number, end: number): boolean {
    let answer = this.backwards(bytes, start, end)
    if (answer === setsFull) {
      this.forget()
      answer = this.backwards(bytes, start, end)
    }
    if (answer === 0) return false
    if (answer === 1 && this.forwards(end - start)) return true
    this.forget()
    return this.threads.search(bytes, start, end, this.slots)
  }

  private forget(): void {
    this.sets.forget()
    this.walks.forget()
  }

  /** Notes the set at every position; answers 1 when there is a match, 0 when none, or `setsFull`. */
  private backwards(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start
    if (length >= this.trace.length) this.trace = new Uint16Array(2 * length)
    this.bytesRead += length
    const { sets, trace } = this
    const { classOf } = this.program
    const { shift } = sets
    const edge = this.program.classCount - 1
    let { table } = sets
    let set = 0
    trace[length] = 0
    for (let at = length - 1; at >= 0; at--) {
      const byteClass = classOf[bytes[start + at]]
      const next = table[(set << shift) | byteClass]
      trace[at] = next
      // A branch that is foreseen lets the next read begin before this one is done; most bytes of a text are alike.
      if (next === set) continue
      set = next
      if (next >= 0) continue
      set = sets.before(trace[at + 1], byteClass)
      if (set < 0) return setsFull
      table = sets.table
      trace[at] = set
    }
    const answer = table[(set << shift) | edge]
    return answer < 0 ? sets.before(set, edge) : answer
  }

  /** Follows the preferred states; false when the moves are more than fit. */
  private forwards(length: number): boolean {
    const { slots, trace, walks } = this
    if (!walks.fit()) return false
    let { cells, lists, shift } = walks
    slots.fill(-1)
    let walk = begun
    let stays = (walk << saveBits) | emptyList
    for (let at = 0; at <= length; at++) {
      let move = cells[(walk << shift) | trace[at]]
      if (move === stays) continue
      if (move === 0) {
        move = walks.workOut(walk, trace[at])
        if (move < 0) return false
        ;({ cells, lists, shift } = walks)
      }
      const list = move & saveMask
      if (list > emptyList) {
        const saves = lists[list]
        for (let i = 0; i < saves.length; i++) slots[saves[i]] = at
      }
      walk = move >> saveBits
      stays = (walk << saveBits) | emptyList
      if (walk === matched) {
        this.bytesRead += at
        return true
      }
    }
    return false
  }
}
