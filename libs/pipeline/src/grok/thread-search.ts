// ThreadSearch: searches a text with all alternatives at once, a thread each: slower than the automaton, and needs no memory.
import { operation, type Program } from "./program.ts"

interface Threads {
  readonly states: Int32Array
  readonly slots: Array<Int32Array>
  readonly seen: Int32Array
  count: number
}

/**
 * Finds the program in `bytes[start, end)`, leftmost first, and notes fields in `slots` relative to `start`, -1 where a field
 * took no part. Work is at most the states times the bytes.
 */
export class ThreadSearch {
  /** States looked at since the beginning. */
  steps = 0
  private readonly program: Program
  private now: Threads
  private next: Threads
  private mark = 0

  constructor(program: Program) {
    this.program = program
    this.now = threadsFor(program.operations.length)
    this.next = threadsFor(program.operations.length)
  }

  search(bytes: Uint8Array, start: number, end: number, slots: Int32Array): boolean {
    const { argument, classCount, classOf, operations, sideOfClass, takes, targets } = this.program
    const edge = sideOfClass[classCount - 1] as number
    const sideAt = (at: number): number => (at < start || at >= end ? edge : sideOfClass[classOf[bytes[at]]])
    let found = false
    this.now.count = 0
    this.mark++
    this.follow(
      this.now,
      this.program.start,
      new Int32Array(slots.length).fill(-1),
      0,
      sideAt(start - 1),
      sideAt(start)
    )
    for (let at = start; this.now.count > 0; at++) {
      const { now } = this
      this.next.count = 0
      this.mark++
      const takesClass = at < end ? takes[classOf[bytes[at]]] : undefined
      for (let i = 0; i < now.count; i++) {
        this.steps++
        const state = now.states[i]
        if (operations[state] === operation.match) {
          slots.set(now.slots[i])
          found = true
          break
        }
        if (takesClass?.[argument[state]] === 1)
          this.follow(this.next, targets[state][0], now.slots[i], at + 1 - start, sideAt(at), sideAt(at + 1))
      }
      this.now = this.next
      this.next = now
      if (at >= end) break
    }
    return found
  }

  /** Adds a thread for every state that `state` leads to without a byte, the preferred first. */
  private follow(
    into: Threads,
    first: number,
    firstSlots: Int32Array,
    position: number,
    before: number,
    behind: number
  ): void {
    const { argument, holds, operations, sideCount, targets } = this.program
    const stack: Array<{ readonly state: number; readonly slots: Int32Array }> = [{ state: first, slots: firstSlots }]
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const { slots, state } = top
      this.steps++
      if (into.seen[state] === this.mark) continue
      into.seen[state] = this.mark
      const kind = operations[state]
      if (kind === operation.split) {
        for (let i = targets[state].length - 1; i >= 0; i--) stack.push({ state: targets[state][i], slots })
      } else if (kind === operation.save) {
        const changed = slots.slice()
        changed[argument[state]] = position
        stack.push({ state: targets[state][0], slots: changed })
      } else if (kind === operation.assert) {
        if (holds[argument[state]][before * sideCount + behind] === 1) stack.push({ state: targets[state][0], slots })
      } else {
        into.states[into.count] = state
        into.slots[into.count] = slots
        into.count++
      }
    }
  }
}

const threadsFor = (states: number): Threads => ({
  states: new Int32Array(states),
  slots: [],
  seen: new Int32Array(states),
  count: 0
})
