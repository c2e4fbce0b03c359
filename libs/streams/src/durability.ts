// Durability: the dial of what an acknowledgement of the broker is worth, from memory over copies to the disk.
import { Schema } from "effect"

export const durabilities = ["memory", "replicated", "fsync"] as const
export const Durability = Schema.Literals(durabilities)
export type Durability = typeof Durability.Type

export interface DurabilityLevel {
  /** The broker's `sync_interval`, as it stands in its configuration. Quoted, because a bare 2m is two million seconds. */
  readonly syncInterval: string
  /** Copies of every stream and bucket. */
  readonly replicas: number
  /** Where a message lies when its sender is told yes. */
  readonly meaning: string
  /** What can still lose it. */
  readonly loses: string
  /** What the level costs. */
  readonly price: string
}

const interval = '"2m"'

export const durabilityLevels: Readonly<Record<Durability, DurabilityLevel>> = {
  memory: {
    syncInterval: interval,
    replicas: 1,
    meaning:
      "acknowledged once it is in the operating system's memory; the broker writes it to the disk every two minutes",
    loses:
      "a power failure or a crash of the operating system loses what was acknowledged in the last two minutes, as far as it is not stored; what is acknowledged afterwards is stored once; ends of processes lose nothing",
    price: "the quickest acknowledgement: one write into memory"
  },
  replicated: {
    syncInterval: interval,
    replicas: 3,
    meaning: "acknowledged once two of three brokers have it in memory; each writes it to its disk every two minutes",
    loses:
      "loses nothing while two of the three brokers keep their memory; a power failure of all of them at once loses what was acknowledged in the last two minutes, as far as it is not stored",
    price: "a round trip between the brokers for each acknowledgement, three times the disk space, and three machines"
  },
  fsync: {
    syncInterval: "always",
    replicas: 1,
    meaning: "acknowledged once it is on the disk",
    loses: "loses nothing but with the disk itself",
    price: "one fsync for each acknowledgement; frames spread it over hundreds of records"
  }
}

/** The level that a broker and a stream really have. A cluster that also syncs always counts as fsync. */
export const durabilityOf = (settings: { readonly syncAlways: boolean; readonly replicas: number }): Durability =>
  settings.syncAlways ? "fsync" : settings.replicas >= 3 ? "replicated" : "memory"

/** A broker configuration with the level's sync interval in place of its own. Throws when it states none. */
export const withSyncInterval = (configuration: string, durability: Durability): string => {
  const setting = /^(\s*sync_interval:).*$/gm
  if (configuration.match(setting)?.length !== 1)
    throw new Error("the broker's configuration must set sync_interval once")
  return configuration.replace(setting, `$1 ${durabilityLevels[durability].syncInterval}`)
}
