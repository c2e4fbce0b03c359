// Reference: a fixed piece of work whose CPU stands for the speed of the machine: events read by JSON.parse and sent once
// through the broker and back. It is no part of the product, so a change of the product leaves it as it is.
import { setImmediate } from "node:timers/promises"
import { cpuSecondsOf } from "../instruments/process-usage.ts"
import { EventSource, eventsPerBlock } from "../load/events.ts"
import { pause } from "./children.ts"
import type { Stand } from "./stand.ts"

const parseMillis = 500
const echoMillis = 1_000
/** Blocks on their way at once. */
const window = 16
const subject = "tailrace.bench.echo"

/** CPU microseconds per event of the work, this process and the broker together. The stand has to be at rest. */
export const measureReference = async (stand: Stand): Promise<number> => {
  const blocks = Array.from({ length: 16 }, () => new EventSource("json").take(eventsPerBlock, 0).bytes)
  return (await parsing(blocks)) + (await echoing(stand, blocks))
}

const ownMicroseconds = (): number => {
  const { system, user } = process.cpuUsage()
  return system + user
}

const parsing = async (blocks: ReadonlyArray<Buffer>): Promise<number> => {
  let events = 0
  const began = ownMicroseconds()
  while (ownMicroseconds() - began < parseMillis * 1_000) {
    for (const block of blocks) {
      for (const line of block.toString().trimEnd().split("\n")) {
        if (typeof JSON.parse(line).status !== "number") throw new Error(`an event was not read: ${line}`)
        events++
      }
    }
    await setImmediate()
  }
  return (ownMicroseconds() - began) / events
}

const echoing = async (stand: Stand, blocks: ReadonlyArray<Buffer>): Promise<number> => {
  const broker = stand.children.all.find(({ name }) => name === "broker")?.pid ?? 0
  let sent = 0
  let returned = 0
  let going = true
  const send = (): void => {
    while (going && sent - returned < window) {
      stand.connection.publish(subject, blocks[sent % blocks.length] as Buffer)
      sent++
    }
  }
  const subscription = stand.connection.subscribe(subject, {
    callback: () => {
      returned++
      send()
    }
  })
  await stand.connection.flush()
  const before = ownMicroseconds() + cpuSecondsOf(broker) * 1e6
  send()
  await pause(echoMillis)
  going = false
  while (returned < sent) await pause(5)
  const used = ownMicroseconds() + cpuSecondsOf(broker) * 1e6 - before
  subscription.unsubscribe()
  return used / (returned * eventsPerBlock)
}
