// Life: one process in a simulated world, from its start to its end: its clock, its scheduler, its calls to the world.
import { type Clock, Duration, Effect, type Scheduler } from "effect"
import type { World } from "./world.ts"

/** As with a real clock, time has gone on after every sleep. */
const leastSleep = 0.01

export class Life {
  /** False from the moment it is killed: nothing of it runs any more, and nobody hears from it. */
  alive = true
  /** Since when it is stopped: it does nothing, and whatever reaches it waits; undefined while it goes on. */
  stoppedSince: number | undefined
  /** Effects at which it is to be killed; counts down, 0 is never. */
  untilKill = 0
  readonly clock: Clock.Clock
  readonly scheduler: Scheduler.Scheduler
  private readonly world: World
  private readonly killed: () => void
  private waiting: Array<() => void> = []

  /** `killed` is called at the moment of a kill. */
  constructor(world: World, killed: () => void) {
    this.world = world
    this.killed = killed
    const millis = () => world.wall
    const nanos = () => BigInt(world.wall) * 1_000_000n
    const monotonic = () => BigInt(Math.round(world.elapsed * 1e6))
    this.clock = {
      currentTimeMillisUnsafe: millis,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: monotonic,
      monotonicTimeNanos: Effect.sync(monotonic),
      sleep: (duration) => this.sleep(Duration.toMillis(duration))
    }
    this.scheduler = {
      executionMode: "async",
      shouldYield: (fiber) => fiber.currentOpCount >= 2_048,
      makeDispatcher: () => ({
        scheduleTask: (run) => world.schedule(this, run),
        flush: () => undefined
      })
    }
  }

  kill(): void {
    if (!this.alive) return
    this.alive = false
    this.world.note("the processor is killed")
    this.killed()
  }

  /** Stops it where it is, as SIGSTOP does: what it has sent still happens. */
  freeze(): void {
    this.stoppedSince = this.world.elapsed
    this.world.note("the processor is stopped")
  }

  /** It goes on where it was, with everything that has come for it meanwhile. */
  thaw(): void {
    if (this.stoppedSince === undefined) return
    this.stoppedSince = undefined
    this.world.note("the processor goes on")
    const { waiting } = this
    this.waiting = []
    for (const run of waiting) if (this.alive) run()
  }

  /** Something that comes to this process: at once, or when it goes on. */
  reach(run: () => void): void {
    if (this.stoppedSince === undefined) run()
    else this.waiting.push(run)
  }

  /** Something this process does to the world at once; nothing when it is dead by then. */
  step(name: string): boolean {
    if (!this.alive) return false
    const { world } = this
    world.steps++
    world.note(name)
    if (this.untilKill > 0 && --this.untilKill === 0 && !world.quiet) this.kill()
    return this.alive
  }

  /** A request to the world. `begin` is called as it leaves; what it is answered may come at any time, or never. */
  request<A, E>(name: string, begin: (answer: (result: Effect.Effect<A, E>) => void) => void): Effect.Effect<A, E> {
    return Effect.callback<A, E>((resume) => {
      if (!this.step(name)) return
      begin((result) =>
        this.reach(() => {
          if (this.step(`${name} is answered`)) resume(result)
        })
      )
    })
  }

  private sleep(millis: number): Effect.Effect<void> {
    if (!Number.isFinite(millis)) return Effect.never
    return Effect.callback<void>((resume) => {
      const cancel = this.world.after(Math.max(millis, leastSleep), () => {
        if (this.alive) this.reach(() => resume(Effect.void))
      })
      return Effect.sync(cancel)
    })
  }
}
