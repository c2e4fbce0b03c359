// World: the virtual time and the chance of one simulation. Whatever happens is an event in its queue, in an order its seed decides.
import { seededRandom } from "@tailrace/domain/seeded-random"

interface Timer {
  readonly at: number
  readonly order: number
  run: (() => void) | undefined
}

/** Whoever tasks belong to; those of the dead are left undone, those of the stopped kept until they go on. */
interface Mortal {
  readonly alive: boolean
  readonly reach: (run: () => void) => void
}

interface Task {
  readonly life: Mortal
  readonly run: () => void
}

/** 2026-01-05T12:00:00Z. */
const beginning = 1_767_614_400_000

export class World {
  readonly random: () => number
  /** Milliseconds since the world began; never jumps. */
  elapsed = 0
  /** Events and steps of fibres so far. */
  events = 0
  /** Steps between a process and the world so far: requests that leave, effects that happen, answers that arrive. */
  steps = 0
  /** Once the faults are over, everything asked is answered. */
  calm = false
  /** Once everything is taken, nobody dies any more either. */
  quiet = false
  /** What went against a promise, in words; the first one ends the simulation. */
  readonly violations: Array<string> = []
  /** Sum over the names of all steps: two runs that agree on it went the same way. */
  fingerprint = 0x811c9dc5
  readonly log: Array<string> = []
  private wallOffset = beginning
  private order = 0
  private readonly timers: Array<Timer> = []
  private tasks: Array<Task> = []
  /** Share of tasks that are taken out of turn. */
  private readonly disorder: number
  private readonly keepsLog: boolean

  constructor(seed: number, keepsLog: boolean) {
    this.random = seededRandom(seed)
    this.disorder = this.random() < 0.5 ? 0 : this.random() * 0.3
    this.keepsLog = keepsLog
  }

  /** The wall clock, milliseconds since 1970. */
  get wall(): number {
    return Math.floor(this.wallOffset + this.elapsed)
  }

  jumpWall(millis: number): void {
    this.wallOffset += millis
    this.note(`clock jumps by ${millis}`)
  }

  chance(probability: number): boolean {
    return !this.calm && this.random() < probability
  }

  between(low: number, high: number): number {
    return low + this.random() * (high - low)
  }

  integer(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1))
  }

  /** Runs something later; answers how to call it off. */
  after(millis: number, run: () => void): () => void {
    const timer: Timer = { at: this.elapsed + Math.max(0, millis), order: this.order++, run }
    this.push(timer)
    return () => {
      timer.run = undefined
    }
  }

  schedule(life: Mortal, run: () => void): void {
    this.tasks.push({ life, run })
  }

  /** One step of the world's story: part of its fingerprint, and of its log when one is kept. */
  note(text: string): void {
    let hash = this.fingerprint
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
    this.fingerprint = hash >>> 0
    if (this.keepsLog) this.log.push(`${this.elapsed.toFixed(1)} ${text}`)
  }

  violate(text: string): void {
    this.note(`violation: ${text}`)
    this.violations.push(text)
  }

  /** Lets events happen until a condition holds, answers true then; false after so many milliseconds, or a violation. */
  runUntil(condition: () => boolean, millis: number): boolean {
    const end = this.elapsed + millis
    while (this.violations.length === 0) {
      if (this.tasks.length > 0) {
        this.runTask()
        continue
      }
      if (condition()) return true
      const next = this.timers[0]
      if (next === undefined || next.at > end) return false
      this.pop()
      this.elapsed = Math.max(this.elapsed, next.at)
      if (next.run === undefined) continue
      this.events++
      next.run()
    }
    return false
  }

  private runTask(): void {
    const { tasks } = this
    const at = this.disorder > 0 && this.random() < this.disorder ? Math.floor(this.random() * tasks.length) : 0
    const [task] = tasks.splice(at, 1) as [Task]
    if (!task.life.alive) return
    this.events++
    task.life.reach(task.run)
  }

  private push(timer: Timer): void {
    const { timers } = this
    let at = timers.length
    timers.push(timer)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(timer, timers[parent] as Timer)) break
      timers[at] = timers[parent] as Timer
      at = parent
    }
    timers[at] = timer
  }

  private pop(): void {
    const { timers } = this
    const last = timers.pop()
    if (last === undefined || timers.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= timers.length) break
      if (child + 1 < timers.length && before(timers[child + 1] as Timer, timers[child] as Timer)) child++
      if (!before(timers[child] as Timer, last)) break
      timers[at] = timers[child] as Timer
      at = child
    }
    timers[at] = last
  }
}

const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)
