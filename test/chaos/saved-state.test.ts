// Saved state: damaged checkpoints of files, and damaged snapshots of windows, found at the start after a kill.
import { appendFileSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { jetstream, jetstreamManager } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"
import { brokerUser } from "@tailrace/testing/folder-credentials"
import { chaosCase } from "./chaos-case.ts"
import { oneMachine } from "./stand/one-machine.ts"

const start = () => oneMachine()

chaosCase("checkpoints of files torn and damaged", { start }, async ({ flow, over, stand }) => {
  const checkpoints = join(stand.folder, "data", "collector", "file", "checkpoints")
  for (let round = 0; round < 2; round++) {
    await flow(1_000)
    over()
    await stand.killMain(() => {
      const lines = readFileSync(checkpoints, "utf8").split("\n")
      // A line in the middle is changed; behind the last one stands half a line, and zeros where the disk was not reached.
      const middle = Math.floor((lines.length - 2) / 2)
      writeFileSync(
        checkpoints,
        lines.map((line, i) => (i === middle ? line.replace("offset", "offzet") : line)).join("\n")
      )
      appendFileSync(checkpoints, `${lines.at(-2)?.slice(0, 100)}\0\0\0\0\0\0\0\0`)
    })
  }
})

// Windows that were open start anew and say so, therefore the panes are not counted; nothing else hangs on the snapshot.
chaosCase("snapshots of windows damaged", { start, panes: false }, async ({ flow, over, stand }) => {
  // A key of a bucket is a subject of its stream.
  const keys = ["$KV.state.windows.chaos.0", "$KV.state.windows.chaos.1"]
  const damages = [
    (bytes: Uint8Array) => bytes.subarray(0, bytes.length / 2),
    () => new TextEncoder().encode("no snapshot")
  ]
  for (const damage of damages) {
    await flow(2_000)
    over()
    await stand.killMain(async () => {
      // The broker outlives the main process until the next start.
      const connection = await connect({
        servers: stand.natsUrl,
        ...brokerUser(stand.instance.data, "processor")
      })
      const manager = await jetstreamManager(connection)
      for (const key of keys) {
        const entry = await manager.streams.getMessage("KV_state", { last_by_subj: key })
        await jetstream(connection).publish(key, damage(entry?.data ?? new Uint8Array(0)))
      }
      await connection.close()
    })
  }
})
