// Stored ids: which messages of known ids the raw stream holds, for publishers that were away for longer than its duplicate window.
import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream"
import type { NatsConnection } from "@nats-io/nats-core"
import { rawSubjectsOf } from "@tailrace/domain/subjects"

const stream = "raw"
const fetchMessages = 1_000
const fetchMillis = 5_000
/** The broker forgets a reader that a crash left behind after this long. */
const inactiveNanos = 30e9

export interface StoredIdsQuery {
  /** Input subjects the messages were published to. */
  readonly subjects: ReadonlySet<string>
  readonly ids: ReadonlySet<string>
  /** Sequence of the stream before any under which one of them can lie; 0 reads the subjects from their beginning. */
  readonly after: number
}

/**
 * Reads the headers (not the payloads) of the subjects' messages up to the stream's end; answers the ids that are there.
 * Rejects when the broker does not answer. Meant for the connection that carries no data.
 */
export const storedIds = async (connection: NatsConnection, query: StoredIdsQuery): Promise<ReadonlySet<string>> => {
  const found = new Set<string>()
  const manager = await jetstreamManager(connection, { checkAPI: false })
  const { state } = await manager.streams.info(stream)
  // A stream that ends before it is another one, made anew.
  const first = query.after > state.last_seq ? 1 : query.after + 1
  if (first > state.last_seq) return found
  const { name, num_pending } = await manager.consumers.add(stream, {
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: first,
    filter_subjects: [...query.subjects].map(rawSubjectsOf),
    headers_only: true,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: inactiveNanos
  })
  const consumer = await jetstream(connection).consumers.get(stream, name)
  for (let left = num_pending; left > 0; ) {
    const before = left
    const messages = await consumer.fetch({ max_messages: Math.min(left, fetchMessages), expires: fetchMillis })
    for await (const { headers } of messages) {
      left--
      const id = headers?.get("Nats-Msg-Id") ?? ""
      if (query.ids.has(id)) found.add(id)
    }
    if (left === before) throw new Error(`the broker stopped delivering the headers of stream ${stream}`)
  }
  await manager.consumers.delete(stream, name)
  return found
}
