// NATS child over a real nats-server: what it does when the disk is full and when there is room again.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { jetstream, jetstreamManager, StorageType } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"
import { Health } from "@tailrace/telemetry/health"
import { freePort } from "@tailrace/testing/free-port"
import { findNatsServer } from "@tailrace/testing/nats-server"
import { noSmallDisk, SmallDisk } from "@tailrace/testing/small-disk"
import { waitFor } from "@tailrace/testing/wait-until"
import { Effect, Redacted } from "effect"
import { expect, it } from "vitest"
import { natsChild } from "./nats-child.ts"

it.skipIf(noSmallDisk !== undefined)(
  `starts a server again that a full disk has made refuse writes${noSmallDisk === undefined ? "" : ` (skipped: ${noSmallDisk})`}`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "tailrace-nats-child-"))
    const disk = new SmallDisk(folder, 32)
    const port = await freePort()
    const work = async (): Promise<void> => {
      const connection = await connect({
        servers: `127.0.0.1:${port}`,
        user: "a",
        pass: "a",
        maxReconnectAttempts: -1,
        reconnectTimeWait: 50
      })
      const manager = await jetstreamManager(connection)
      await manager.streams.add({ name: "small", subjects: ["small"], storage: StorageType.File, max_bytes: 8_388_608 })
      const stream = jetstream(connection)
      const takes = (): Promise<boolean> =>
        stream.publish("small", new Uint8Array(1_000), { timeout: 500 }).then(
          () => true,
          () => false
        )
      expect(await takes()).toBe(true)
      disk.fill(0)
      await waitFor(takes, (taken) => !taken, { what: "the full disk being noticed" })
      disk.empty()
      await waitFor(takes, (taken) => taken, { what: "writes being taken again" })
      const { state } = await manager.streams.info("small")
      expect(state.messages).toBeGreaterThan(1)
      await connection.close()
    }
    try {
      const binary = findNatsServer() ?? "nats-server"
      const configuration = join(folder, "nats-server.conf")
      const accounts = `accounts {
        A { jetstream: enabled, users: [{ user: a, password: a }] }
        SYS { users: [{ user: s, password: s }] }
      }
      system_account: SYS`
      writeFileSync(configuration, `jetstream { sync_interval: always }\n${accounts}`)
      const system = { servers: `nats://127.0.0.1:${port}`, user: "s", password: Redacted.make("s") }
      const child = natsChild({ binary, host: "127.0.0.1", port, monitorPort: 0, folder, configuration, system })
      await Effect.runPromise(
        Effect.scoped(Effect.andThen(child, Effect.promise(work))).pipe(Effect.provide(Health.layer))
      )
    } finally {
      disk.remove()
      rmSync(folder, { recursive: true, force: true })
    }
  }
)
