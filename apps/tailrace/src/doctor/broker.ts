// Broker: its real settings, streams and consumers, as the doctor judges them.
import { type Durability, durabilityLevels, durabilityOf } from "@tailrace/streams/durability"
import type { ConsumerFacts, StreamFacts, StreamSurvey } from "@tailrace/streams/survey"
import { isNewEnough, oldestNatsServer } from "../up/find-nats-server.ts"
import { bytesText, type Finding, findingsOf, millisText } from "./finding.ts"

const { fail, ok, warn } = findingsOf("broker")

/** What the broker tells of itself as `varz`, as far as it is read here. */
export interface Varz {
  readonly version: string
  readonly now: string
  readonly max_payload: number
  readonly slow_consumers?: number
  readonly jetstream?: {
    readonly config?: { readonly sync_interval?: number; readonly sync_always?: boolean; readonly max_storage?: number }
    readonly stats?: { readonly storage?: number }
  }
}

const judgeVersion = (version: string): Finding =>
  isNewEnough(version)
    ? ok("version", version)
    : warn("version", version, "it has holes that are known and mended", `bring it to ${oldestNatsServer} or newer`)

export const judgeSettings = (varz: Varz): ReadonlyArray<Finding> => {
  const findings = [judgeVersion(varz.version)]
  const config = varz.jetstream?.config
  if (config === undefined)
    return [
      ...findings,
      fail(
        "jetstream",
        "off",
        "there is nowhere to keep logs until they are stored",
        "switch it on, as nats/nats-server.conf does"
      )
    ]
  const used = varz.jetstream?.stats?.storage ?? 0
  const most = config.max_storage ?? 0
  const seen = `${bytesText(used)} used of ${bytesText(most)}`
  findings.push(
    most > 0 && used > 0.9 * most
      ? warn(
          "storage",
          seen,
          "at its end new frames are refused and senders are told to come again",
          "give it a larger max_file_store or disk"
        )
      : ok("storage", seen)
  )
  findings.push(
    varz.max_payload >= 8_388_608
      ? ok("largest message", bytesText(varz.max_payload))
      : warn(
          "largest message",
          bytesText(varz.max_payload),
          "a batch between stages can be as large as 8 MiB and would be refused",
          "set max_payload: 8MB"
        )
  )
  return findings
}

/** The dial as the broker really has it, beside what was wished for. `varz` is undefined when the broker does not tell. */
export const judgeDurability = (
  varz: Varz | undefined,
  raw: StreamFacts | undefined,
  wished: Durability
): { readonly finding: Finding; readonly level: Durability | undefined } => {
  const config = varz?.jetstream?.config
  if (config === undefined) {
    const finding = warn(
      "durability",
      "unknown: the broker does not tell this user",
      "whether an acknowledged message survives a power failure cannot be said",
      "run the doctor as the user of `tailrace up` with its --data, or name an HTTP monitoring port with --nats-monitor-port"
    )
    return { finding, level: undefined }
  }
  const level = durabilityOf({ syncAlways: config.sync_always === true, replicas: raw?.replicas ?? 1 })
  const interval = config.sync_always === true ? "always" : millisText((config.sync_interval ?? 0) / 1e6)
  const copies = raw?.replicas ?? 1
  const seen = `${level} (sync_interval ${interval}, ${copies} ${copies === 1 ? "copy" : "copies"})`
  const order: ReadonlyArray<Durability> = ["memory", "replicated", "fsync"]
  if (order.indexOf(level) >= order.indexOf(wished)) return { finding: ok("durability", seen), level }
  const finding = warn(
    "durability",
    `${seen}, ${wished} was wished for`,
    durabilityLevels[level].loses,
    wished === "fsync"
      ? "set sync_interval: always in the broker's configuration, or say --durability if this is meant"
      : "give the streams three copies in a cluster of three brokers (durability: replicated)"
  )
  return { finding, level }
}

export const judgeStream = ({ defined, found }: StreamSurvey): ReadonlyArray<Finding> => {
  const name = `stream ${defined.name}`
  if (found === undefined)
    return [
      fail(name, "does not exist", "nothing can be received or handed on", "start a processor: it makes the streams")
    ]
  const fill = found.maxBytes > 0 ? found.bytes / found.maxBytes : 0
  const copies = found.replicas === 1 ? "1 copy" : `${found.replicas} copies`
  const seen = `${found.messages} messages, ${bytesText(found.bytes)} (${Math.round(fill * 100)} % full), ${copies}, discard ${found.discard}, duplicates known for ${millisText(found.duplicateWindowMillis)}`
  const findings: Array<Finding> = []
  if (found.discard !== defined.discard && defined.discard === "new")
    findings.push(
      fail(
        name,
        `${seen}; should be discard ${defined.discard}`,
        "when full it throws away what was acknowledged and is not stored yet",
        "start a processor with setUp: true, which mends it"
      )
    )
  else if (found.duplicateWindowMillis < defined.duplicateWindowMillis)
    findings.push(
      warn(
        name,
        `${seen}; should be ${millisText(defined.duplicateWindowMillis)}`,
        "a frame or batch sent again after that is taken for a new one",
        "start a processor with setUp: true, which mends it"
      )
    )
  else if (fill >= 0.95 && found.discard === "new")
    findings.push(
      warn(
        name,
        seen,
        "when full it refuses: senders are told to come again",
        "see the consumers below: what they acknowledge is trimmed; or raise its max_bytes"
      )
    )
  else findings.push(ok(name, seen))
  for (const consumer of found.consumers) findings.push(judgeConsumer(defined.name, consumer))
  return findings
}

const judgeConsumer = (stream: string, facts: ConsumerFacts): Finding => {
  const name = `consumer ${facts.name}`
  const seen = `${facts.pending} waiting, ${facts.unacknowledged} under way`
  if (facts.waiting === 0 && facts.unacknowledged === 0 && facts.pending > 0)
    return warn(
      name,
      `${seen}, nobody reads`,
      `what stream ${stream} holds is not being stored`,
      "start the processor of this partition, or see its log"
    )
  if (facts.mostUnacknowledged > 0 && facts.unacknowledged >= facts.mostUnacknowledged)
    return warn(
      name,
      `${seen}, the most allowed`,
      "nothing more is delivered until some of it is stored",
      "see whether the store takes inserts"
    )
  return ok(name, seen)
}
