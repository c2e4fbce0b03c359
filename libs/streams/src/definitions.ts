// Definitions: the streams, consumers and buckets of nats/*.json with their placeholders filled in.
import type { StreamConfig } from "@nats-io/jetstream"
import configBucket from "../../../nats/buckets/config.json" with { type: "json" }
import stateBucket from "../../../nats/buckets/state.json" with { type: "json" }
import enrichedConsumer from "../../../nats/consumers/enriched.json" with { type: "json" }
import filteredConsumer from "../../../nats/consumers/filtered.json" with { type: "json" }
import ownerConsumer from "../../../nats/consumers/owner.json" with { type: "json" }
import parsedConsumer from "../../../nats/consumers/parsed.json" with { type: "json" }
import rawConsumer from "../../../nats/consumers/raw.json" with { type: "json" }
import storedConsumer from "../../../nats/consumers/stored.json" with { type: "json" }
import alerts from "../../../nats/streams/alerts.json" with { type: "json" }
import anomalies from "../../../nats/streams/anomalies.json" with { type: "json" }
import enriched from "../../../nats/streams/enriched.json" with { type: "json" }
import filtered from "../../../nats/streams/filtered.json" with { type: "json" }
import owners from "../../../nats/streams/owners.json" with { type: "json" }
import panes from "../../../nats/streams/panes.json" with { type: "json" }
import parsed from "../../../nats/streams/parsed.json" with { type: "json" }
import raw from "../../../nats/streams/raw.json" with { type: "json" }
import stored from "../../../nats/streams/stored.json" with { type: "json" }
import type { DurableOptions } from "./durable.ts"

export type StreamDefinition = Pick<StreamConfig, "name" | "subjects" | "max_bytes"> & Partial<StreamConfig>

const consumers = { raw: rawConsumer, parsed: parsedConsumer, filtered: filteredConsumer, enriched: enrichedConsumer }

/** Streams with a durable consumer per partition; what all of it acknowledged may be trimmed. */
export type ConsumedStream = keyof typeof consumers
export const consumedStreams = Object.keys(consumers) as ReadonlyArray<ConsumedStream>

/** All streams that are trimmed: those, and what sinks read that write at their own pace. */
export const trimmedStreams: ReadonlyArray<string> = [...consumedStreams, stored.name]

export const bucketDefinitions = [configBucket, stateBucket]

/** Every stream, with the raw stream's subjects spread over `partitions`. */
export const streamDefinitions = (partitions: number): ReadonlyArray<StreamDefinition> => {
  const text = JSON.stringify([raw, parsed, filtered, enriched, stored, panes, anomalies, alerts, owners])
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder as it stands in the file
  return JSON.parse(text.replaceAll("${partitions}", String(partitions)))
}

/**
 * What the raw stream's transform leaves as it is, such as a literal "*" in the place of a name: it is acknowledged like
 * everything else, and the first partition's pipeline reads it.
 */
const inputSubjects = "logs.in.>"

/** The durable that reads one partition of a stream: options for openConsumer. */
export const durableOf = (stream: ConsumedStream, partition: number): DurableOptions => ({
  ...optionsOf(consumers[stream], partition),
  ...(stream === "raw" && partition === 0 ? { alsoSubjects: [inputSubjects] } : {})
})

const optionsOf = (definition: typeof rawConsumer, partition: number): DurableOptions => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder as it stands in the file
  const filled = (text: string) => text.replaceAll("${partition}", String(partition))
  return {
    stream: definition.stream,
    durable: filled(definition.durable_name),
    filterSubject: filled(definition.filter_subject),
    maxAckPending: definition.max_ack_pending,
    ackWaitMillis: definition.ack_wait / 1e6,
    pin: { group: definition.priority_groups[0] as string, timeoutMillis: definition.priority_timeout / 1e6 }
  }
}

/** The durable from which a sink reads that writes at its own pace. */
export const sinkDurableOf = (sink: string, partition: number): DurableOptions => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder as it stands in the file
  const durable_name = storedConsumer.durable_name.replaceAll("${sink}", sink)
  return optionsOf({ ...storedConsumer, durable_name }, partition)
}

/** The consumer whose pinned client owns a partition, and the one message it ever delivers. */
export const leaseOf = (partition: number) => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder as it stands in the file
  const text = JSON.stringify(ownerConsumer).replaceAll("${partition}", String(partition))
  const { stream, ...config }: typeof ownerConsumer = JSON.parse(text)
  return {
    stream,
    durable: config.durable_name,
    subject: config.filter_subject,
    group: config.priority_groups[0] as string,
    timeoutMillis: config.priority_timeout / 1e6,
    config
  }
}

/** Where the owner of a partition announces the batch it is about to store. */
export const cutSubject = (partition: number): string => `owners.cut.${partition}`
