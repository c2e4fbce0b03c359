// Store faults: away, slow, refusing, read-only, its answers lost, its disk full. The pipeline holds what it has.
import type { Faults } from "@tailrace/testing/fault-proxy"
import { noSmallDisk } from "@tailrace/testing/small-disk"
import { waitFor } from "@tailrace/testing/wait-until"
import { chaosCase, lasting, seed, type World } from "./chaos-case.ts"
import { storedNow } from "./counts.ts"
import { onSmallDisk } from "./stand/on-small-disk.ts"
import { type Services, services } from "./stand/services.ts"

const start = () => services({ seed })

const forAWhile =
  (faults: Faults, millis: number, promisedSeconds = 60) =>
  async ({ over, stand }: World<Services>): Promise<undefined> => {
    await stand.ways.processorToStore.set(faults)
    await lasting(millis, promisedSeconds)
    await stand.ways.processorToStore.set()
    over()
  }

chaosCase("store down", { start }, forAWhile({ down: true }, 4_000))

chaosCase("store silent", { start }, forAWhile({ toServer: { swallow: true } }, 4_000))

chaosCase(
  "store slow",
  { start },
  forAWhile({ toServer: { bytesPerSecond: 200_000, latencyMillis: 100, jitterMillis: 100 } }, 5_000)
)

chaosCase(
  "store refusing",
  { start },
  forAWhile({ answer: "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n" }, 4_000)
)

chaosCase("answers of the store lost", { start }, async ({ flow, over, stand }) => {
  const { processorToStore } = stand.ways
  for (let round = 0; round < 5; round++) {
    await processorToStore.set({ toClient: { swallow: true } })
    await flow(200)
    await lasting(300, 2)
    processorToStore.reset()
    await processorToStore.set()
    await flow(200)
  }
  over()
})

chaosCase("inserts cut off in the middle", { start }, forAWhile({ toServer: { resetAfterBytes: 20_000 } }, 4_000))

chaosCase("store restarted", { start }, async ({ over, stand }) => {
  await stand.processes.store.end("SIGTERM")
  over()
  await stand.processes.store.start()
})

chaosCase("processor started while the store is away", { start }, async ({ flow, over, stand }) => {
  const { processor } = stand.processes
  await processor.end("SIGKILL")
  await stand.ways.processorToStore.set({ down: true })
  const starting = processor.start()
  await flow(500)
  await lasting(2_000, 60)
  await stand.ways.processorToStore.set()
  over()
  await starting
})

chaosCase("store read-only", { start }, async ({ flow, over, stand }) => {
  const { store } = stand.processes
  await store.end("SIGTERM")
  stand.storeOptions({ users: [{ name: "default", readOnly: true }] })
  await store.start()
  const before = await storedNow(stand)
  await flow(500)
  await lasting(1_000, 60)
  if ((await storedNow(stand)) !== before) throw new Error("the store was not read-only")
  await store.end("SIGTERM")
  stand.storeOptions({})
  over()
  await store.start()
})

/** Inserts are refused below a gigabyte, so that much more is needed for the store to work at all. */
const disk = onSmallDisk("store", 1_400, { seed })

chaosCase("store's disk full", { start: disk.start, skip: noSmallDisk }, async ({ flow, over, records, stand }) => {
  disk.fill(1_000_000_000)
  // What was under way when the disk filled up may still be stored.
  await waitFor(
    async () => records.acknowledged - (await storedNow(stand)),
    (held) => held > 500,
    { what: "records held back" }
  )
  disk.fill(0)
  await flow(500)
  await lasting(1_000, 60)
  disk.empty()
  over()
})
