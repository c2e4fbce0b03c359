// ModelLeases: who is pinned for each partition: one process, until it ends, dies, or was stopped for as long as a pin lasts.
import { type Lease, OwnershipError } from "@tailrace/streams/lease"
import { Deferred, Effect, type Scope } from "effect"
import type { Life } from "./life.ts"
import type { World } from "./world.ts"

interface Pin {
  readonly life: Life
  readonly lost: Deferred.Deferred<never, OwnershipError>
}

/** As long as a process may be silent before another one is pinned. */
const pinMillis = 1_500

export class ModelLeases {
  /** How often a partition was taken from a process that lives on. */
  overtaken = 0
  private readonly pins = new Map<number, Pin>()
  private readonly world: World
  private readonly up: () => boolean

  constructor(world: World, up: () => boolean) {
    this.world = world
    this.up = up
  }

  /** Waits for the pin of a partition; its end gives it back. */
  take(life: Life, partition: number): Effect.Effect<Lease, never, Scope.Scope> {
    const { pins, world } = this
    return Effect.gen({ self: this }, function* () {
      do yield* Effect.sleep(world.between(5, 1_500))
      while (!this.up() || !this.isFree(partition))
      const before = pins.get(partition)
      const pin: Pin = { life, lost: Deferred.makeUnsafe() }
      pins.set(partition, pin)
      world.note(`partition ${partition} has an owner`)
      yield* Effect.addFinalizer(() => Effect.sync(() => pins.get(partition) === pin && pins.delete(partition)))
      if (before !== undefined) this.supersede(before, partition)
      return { lost: Deferred.await(pin.lost) }
    })
  }

  /** Whoever was stopped learns of it when it goes on and asks. */
  private supersede({ life, lost }: Pin, partition: number): void {
    if (life.alive) this.overtaken++
    const message = `another process took over partition ${partition}`
    const superseded = new OwnershipError({ reason: "superseded", message })
    const tell = () => this.world.after(this.world.between(0, 1_500), () => life.reach(told))
    const told = () => life.alive && Deferred.doneUnsafe(lost, Effect.fail(superseded))
    life.reach(tell)
  }

  /** Whether a process is pinned for any partition. */
  holds(life: Life | undefined): boolean {
    return [...this.pins.values()].some((pin) => pin.life === life)
  }

  private isFree(partition: number): boolean {
    const life = this.pins.get(partition)?.life
    if (life?.alive !== true) return true
    return life.stoppedSince !== undefined && this.world.elapsed - life.stoppedSince > pinMillis
  }
}
