// NATS files: the configuration that `up` writes for its broker, and the store of a broker that had no accounts yet.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { newPassword, publicKeyOf } from "@tailrace/access/credentials"
import { type AccountsOptions, accountsConfig } from "@tailrace/streams/broker-accounts"
import { type Durability, withSyncInterval } from "@tailrace/streams/durability"
import { Redacted } from "effect"

/** nats/nats-server.conf of this repository. */
const shippedConfiguration = fileURLToPath(new URL("../../../../nats/nats-server.conf", import.meta.url))

export interface NatsFileOptions {
  /** Folder of the broker's store. */
  readonly folder: string
  readonly durability: Durability
  /** Seeds of the broker's users. */
  readonly seeds: (user: Parameters<AccountsOptions["identity"]>[0]) => Redacted.Redacted<string>
  /** Whether a connection without credentials may publish input. */
  readonly open: boolean
}

/** Writes the shipped configuration with the level's sync interval and the accounts, for its owner alone; answers its path. */
export const writeNatsConfig = ({ durability, folder, open, seeds }: NatsFileOptions): string => {
  const file = join(folder, "nats-server.conf")
  const accounts = accountsConfig({
    identity: (user) => `nkey: ${publicKeyOf(Redacted.value(seeds(user)))}`,
    // Nobody needs to know it: who may publish without credentials needs none.
    publisherPassword: `"${newPassword()}"`,
    open
  })
  const shipped = withSyncInterval(readFileSync(shippedConfiguration, "utf8"), durability)
  rmSync(file, { force: true })
  writeFileSync(file, `${shipped}\n${accounts}`, { mode: 0o600, flag: "wx" })
  return file
}

/** Streams of a broker without accounts lie under the name of its only one; they become those of the product's account. */
export const adoptGlobalStreams = (folder: string): void => {
  const [before, after] = ["$G", "TAILRACE"].map((account) => join(folder, "jetstream", account)) as [string, string]
  if (existsSync(before) && !existsSync(after)) renameSync(before, after)
}
