// ModelBus: what processes tell each other without the broker keeping it: late, in order or not, and lost now and then.
import type { Msg, NatsConnection } from "@nats-io/nats-core"
import type { Life } from "./life.ts"
import type { World } from "./world.ts"

interface Subscriber {
  readonly life: Life
  readonly prefix: string
  readonly callback: (error: null, message: Msg) => void
}

export class ModelBus {
  private readonly subscribers = new Set<Subscriber>()
  private readonly world: World
  private readonly up: () => boolean
  private readonly lost: number

  /** `lost` is the share of messages that get lost. */
  constructor(world: World, up: () => boolean, lost: number) {
    this.world = world
    this.up = up
    this.lost = lost
  }

  /** As much of a connection as states need. */
  connectionOf(life: Life): NatsConnection {
    const connection = {
      isClosed: () => !life.alive,
      publish: (subject: string, data: Uint8Array) => this.publish(subject, data.slice()),
      subscribe: (subject: string, { callback }: Pick<Subscriber, "callback">) => {
        const subscriber = { life, prefix: subject.replace("*", ""), callback }
        this.subscribers.add(subscriber)
        return { unsubscribe: () => this.subscribers.delete(subscriber) }
      }
    }
    return connection as unknown as NatsConnection
  }

  private publish(subject: string, data: Uint8Array): void {
    const { lost, world } = this
    if (!this.up()) return
    for (const subscriber of this.subscribers) {
      const { callback, life, prefix } = subscriber
      if (!life.alive) this.subscribers.delete(subscriber)
      if (!life.alive || !subject.startsWith(prefix) || world.chance(lost)) continue
      const message = { subject, data, string: () => Buffer.from(data).toString() } as unknown as Msg
      const arrive = () => this.subscribers.has(subscriber) && callback(null, message)
      world.after(world.between(0.1, 15), () => life.alive && life.reach(arrive))
    }
  }
}
