// Broker faults: restarted, out of reach, slow, torn off in the middle of messages, its state damaged, its disk full.
import { appendFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { bothWays, type Faults } from "@tailrace/testing/fault-proxy"
import { noSmallDisk } from "@tailrace/testing/small-disk"
import { waitFor } from "@tailrace/testing/wait-until"
import { chaosCase, lasting, seed, type World } from "./chaos-case.ts"
import { storedNow } from "./counts.ts"
import { onSmallDisk } from "./stand/on-small-disk.ts"
import { type Services, services } from "./stand/services.ts"

const start = () => services({ seed })

/** Both the collector's and the processor's way to the broker. */
const bothHave = async (stand: Services, faults: Faults = {}): Promise<void> => {
  await Promise.all([stand.ways.collectorToBroker.set(faults), stand.ways.processorToBroker.set(faults)])
}

/** The ways have the faults for a while, and then none. */
const forAWhile =
  (faults: Faults, millis: number, promisedSeconds = 60) =>
  async ({ over, stand }: World<Services>): Promise<undefined> => {
    await bothHave(stand, faults)
    await lasting(millis, promisedSeconds)
    await bothHave(stand)
    over()
  }

chaosCase("broker restarted", { start }, async ({ over, stand }) => {
  await stand.processes.broker.end("SIGTERM")
  over()
  await stand.processes.broker.start()
})

chaosCase("broker away from the collector", { start }, async ({ over, stand }) => {
  await stand.ways.collectorToBroker.set({ down: true })
  await lasting(3_000, 60)
  await stand.ways.collectorToBroker.set()
  over()
})

chaosCase("broker away from the processor", { start }, async ({ over, stand }) => {
  await stand.ways.processorToBroker.set({ down: true })
  await lasting(3_000, 60)
  await stand.ways.processorToBroker.set()
  over()
})

chaosCase("broker silent", { start }, forAWhile(bothWays({ swallow: true }), 4_000))

chaosCase("broker far away", { start }, forAWhile(bothWays({ latencyMillis: 40, jitterMillis: 60 }), 3_000))

chaosCase("broker behind small packets", { start }, forAWhile(bothWays({ sliceBytes: 61 }), 3_000))

chaosCase(
  "broker cut off in the middle of messages",
  { start },
  forAWhile({ toServer: { resetAfterBytes: 30_000 }, toClient: { resetAfterBytes: 60_000 } }, 4_000)
)

chaosCase("acknowledgements of the broker lost", { start }, async ({ flow, over, stand }) => {
  const { collectorToBroker } = stand.ways
  for (let round = 0; round < 5; round++) {
    await collectorToBroker.set({ toClient: { swallow: true } })
    await lasting(200, 2)
    collectorToBroker.reset()
    await collectorToBroker.set()
    await flow(100)
  }
  over()
})

/** A consumer state of other bytes is out of reach: the broker refuses such a consumer until somebody removes the file. */
const damages: ReadonlyArray<readonly [RegExp, (file: string) => void]> = [
  [/index\.db$/, (file) => writeFileSync(file, "this is no index of a broker")],
  [/\.blk$/, (file) => appendFileSync(file, "half a message that power was cut off in")],
  [/o\.dat$/, (file) => rmSync(file)]
]

chaosCase("broker's files damaged", { start }, async ({ flow, over, stand }) => {
  await flow(1_000)
  await stand.processes.broker.end("SIGTERM")
  const streams = join(stand.folder, "nats", "jetstream", "TAILRACE", "streams")
  const files = readdirSync(streams, { recursive: true, encoding: "utf8" })
  for (const [pattern, damage] of damages) {
    const found = files.filter((name) => pattern.test(name))
    if (found.length === 0) throw new Error(`the broker left no ${pattern} to damage`)
    for (const name of found) damage(join(streams, name))
  }
  over()
  await stand.processes.broker.start()
})

const disk = onSmallDisk("broker", 64, {
  seed,
  // By default the broker promises streams no more than the disk holds.
  brokerConfiguration: (shipped) => shipped.replace("jetstream {", "jetstream {\n  max_file_store: 64GB")
})

chaosCase("broker's disk full", { start: disk.start, skip: noSmallDisk }, async ({ over, records, stand }) => {
  disk.fill(0)
  // Senders are refused, or the collector's spool, which is on another disk, takes what the broker does not.
  await waitFor(
    async () => ({ repeated: records.repeated, held: records.acknowledged - (await storedNow(stand)) }),
    ({ held, repeated }) => repeated > 0 || held > 500,
    { what: "records held back" }
  )
  await lasting(1_000, 60)
  disk.empty()
  over()
  // JetStream that met a full disk turns itself off until it is started again.
  await stand.processes.broker.end("SIGTERM")
  await stand.processes.broker.start()
})
