// Probes: what durability costs on this machine, measured for a moment: fsync in the data folder, acknowledged publishes.
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs"
import { join } from "node:path"
import { type Durability, durabilityLevels } from "@tailrace/streams/durability"
import { probePublish } from "@tailrace/streams/publish-probe"
import { Effect } from "effect"
import { type Finding, findingsOf, millisText } from "./finding.ts"

const { ok, warn } = findingsOf("price")

export interface Price {
  readonly name: string
  readonly count: number
  readonly medianMillis: number
  readonly p99Millis: number
}

export const priceOf = (name: string, millis: ReadonlyArray<number>): Price => {
  const sorted = [...millis].sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { name, count: sorted.length, medianMillis: at(0.5), p99Millis: at(0.99) }
}

const fsyncs = 100
const mostMillis = 2_000
const page = new Uint8Array(4_096).fill(97)

/** Appends a page and syncs it, up to a hundred times or two seconds. Throws where the folder cannot be written. */
export const probeFsync = (folder: string): Price => {
  const own = mkdtempSync(join(folder, ".doctor-"))
  try {
    const file = openSync(join(own, "probe"), "w")
    const millis: Array<number> = []
    const begun = performance.now()
    while (millis.length < fsyncs && performance.now() - begun < mostMillis) {
      const before = performance.now()
      writeSync(file, page)
      fsyncSync(file)
      millis.push(performance.now() - before)
    }
    closeSync(file)
    return priceOf("fsync of 4 KiB in the data folder", millis)
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}

export const judgeFsync = (price: Price): Finding =>
  price.medianMillis < 20
    ? ok(price.name, priceText(price))
    : warn(
        price.name,
        priceText(price),
        "each acknowledgement of the broker waits for one",
        "put --data on a faster disk, or choose --durability memory or replicated"
      )

export const priceText = ({ count, medianMillis, p99Millis }: Price): string =>
  `median ${millisText(medianMillis)}, p99 ${millisText(p99Millis)} of ${count}`

const publishes = 100
const frameBytes = 4_096

/** Acknowledged publishes as the level keeps them, and into memory alone to compare with. */
export const probePublishes = Effect.fnUntraced(function* (level: Durability) {
  const { replicas } = durabilityLevels[level]
  const kept = yield* probePublish({ storage: "file", replicas, count: publishes, bytes: frameBytes })
  const memory = yield* probePublish({ storage: "memory", replicas: 1, count: publishes, bytes: frameBytes })
  return [
    priceOf(`acknowledged publish of 4 KiB, ${level}`, kept),
    priceOf("the same into a stream in memory", memory)
  ] as const
})
