// Redelivery: the broker forgets, delivers again or resets what the pipeline reads, while it reads.
import { jetstreamManager } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"
import { inboxPrefixOf } from "@tailrace/streams/broker-roles"
import { chaosCase, lasting, seed } from "./chaos-case.ts"
import { services } from "./stand/services.ts"

const start = () => services({ seed })
/** Whose consumers they are. */
const processor = { user: "processor", pass: "processor", inboxPrefix: inboxPrefixOf("processor") }
const durables = ["pipeline-0", "pipeline-1"]

chaosCase("redelivery storm", { start }, async ({ flow, over, random, stand }) => {
  const connection = await connect({ servers: stand.natsUrl, ...processor })
  const manager = await jetstreamManager(connection)
  const disturbances = [
    (durable: string) => manager.consumers.delete("raw", durable),
    (durable: string) => manager.consumers.reset("raw", durable, 1),
    // Far below what storing a batch takes, so that everything under way is delivered again and again.
    (durable: string) => manager.consumers.update("raw", durable, { ack_wait: 10_000_000 })
  ]
  for (let round = 0; round < 6; round++) {
    for (const durable of durables) {
      const disturb = disturbances[Math.floor(random() * disturbances.length)] ?? disturbances[0]
      // A consumer that was deleted may not be there again yet.
      await disturb?.(durable).catch(() => undefined)
    }
    await flow(200)
  }
  over()
  await connection.close()
})

chaosCase("acknowledgements awaited too briefly", { start }, async ({ flow, over, stand }) => {
  const connection = await connect({ servers: stand.natsUrl, ...processor })
  const manager = await jetstreamManager(connection)
  for (const durable of durables) await manager.consumers.update("raw", durable, { ack_wait: 5_000_000 })
  await flow(1_000)
  await lasting(1_000, 30)
  for (const durable of durables) await manager.consumers.update("raw", durable, { ack_wait: 300_000_000_000 })
  over()
  await connection.close()
})
