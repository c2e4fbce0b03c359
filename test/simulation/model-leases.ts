// ModelLeases: who is pinned for each partition: one process, until it ends, dies, was stopped for as long as a pin lasts, or is forgotten.
import { type Lease, OwnershipError } from "@tailrace/streams/lease"
import { Deferred, Effect, type Scope } from "effect"
import type { Life } from "./life.ts"
import type { World } from "./world.ts"

interface Pin {
  readonly life: Life
  readonly lost: Deferred.Deferred<never, OwnershipError>
  /** Until then the broker has forgotten it, and whoever asks first is pinned. */
  forgottenUntil: number
}

/** As long as a process may be silent before another one is pinned. */
const pinMillis = 1_500

export class ModelLeases {
  /** How often a partition was taken from a process that lives on. */
  overtaken = 0
  private readonly pins = new Map<number, Pin>()
  /** Who waits, in order. */
  private readonly queues = new Map<number, Array<{ readonly life: Life }>>()
  private readonly world: World
  private readonly up: () => boolean

  constructor(world: World, up: () => boolean) {
    this.world = world
    this.up = up
  }

  /** Waits for the pin of a partition; its end gives it back. */
  take(life: Life, partition: number, standby: () => void): Effect.Effect<Lease, never, Scope.Scope> {
    const { pins, world } = this
    return Effect.gen({ self: this }, function* () {
      let told = false
      const look = () => {
        if (!this.up()) return false
        const free = this.isFree(partition, life)
        if (!free && !told) standby()
        told ||= !free
        return free
      }
      yield* Effect.sleep(world.between(5, 100))
      look()
      const queue = this.queues.get(partition) ?? []
      this.queues.set(partition, queue)
      const place = { life }
      queue.push(place)
      const leave = () => queue.includes(place) && queue.splice(queue.indexOf(place), 1)
      yield* Effect.addFinalizer(() => Effect.sync(leave))
      do yield* Effect.sleep(world.between(5, 1_500))
      while (!look() || queue.find(asks) !== place)
      leave()
      const before = pins.get(partition)
      const pin: Pin = { life, lost: Deferred.makeUnsafe(), forgottenUntil: 0 }
      pins.set(partition, pin)
      world.note(`partition ${partition} has an owner`)
      yield* Effect.addFinalizer(() => Effect.sync(() => this.giveBack(partition, pin)))
      if (before !== undefined) this.supersede(before, partition)
      return { lost: Deferred.await(pin.lost) }
    })
  }

  /** The broker knows nothing of a pin for a while, as after a restart; whoever has it goes on until it is told otherwise. */
  forget(partition: number, millis: number): void {
    const pin = this.pins.get(partition)
    if (pin === undefined) return
    pin.forgottenUntil = this.world.elapsed + millis
    this.world.note(`the owner of partition ${partition} is forgotten`)
  }

  /** Gives back what a process holds of a partition. */
  unpin(life: Life, partition: number): void {
    if (this.pins.get(partition)?.life === life) this.pins.delete(partition)
  }

  /** Whether a process is pinned for any partition. */
  holds(life: Life | undefined): boolean {
    return [...this.pins.values()].some((pin) => pin.life === life)
  }

  private giveBack(partition: number, pin: Pin): void {
    if (this.pins.get(partition) === pin) this.pins.delete(partition)
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

  private isFree(partition: number, asking: Life): boolean {
    const pin = this.pins.get(partition)
    if (pin?.life.alive !== true) return true
    const { forgottenUntil, life } = pin
    if (life !== asking && this.world.elapsed < forgottenUntil) return true
    return life.stoppedSince !== undefined && this.world.elapsed - life.stoppedSince > pinMillis
  }
}

const asks = ({ life }: { readonly life: Life }): boolean => life.alive && life.stoppedSince === undefined
