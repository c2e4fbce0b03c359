// Part: the types of what a partition's pipeline is made of, in either placement.

import type { Store } from "@tailrace/store/store"
import type { ConsumerError } from "@tailrace/streams/durable"
import type { HopError } from "@tailrace/streams/hop-writer"
import type { OwnershipError } from "@tailrace/streams/lease"
import type { MailboxClosed } from "@tailrace/streams/mailbox"
import type { Nats } from "@tailrace/streams/nats"
import type { Publisher } from "@tailrace/streams/publisher"
import type { SnapshotError } from "@tailrace/streams/snapshots"
import type { Part } from "@tailrace/streams/supervisor"
import type { Health } from "@tailrace/telemetry/health"
import type { Metrics } from "@tailrace/telemetry/metrics"
import type { SinkError } from "../outputs/sink-error.ts"
import type { StageError } from "./guarded-stages.ts"
import type { RawStreamError } from "./raw-stream.ts"

/** What ends one life of a pipeline; all of it starts over from the stored offsets. */
export type PartFailure =
  | SinkError
  | SnapshotError
  | ConsumerError
  | HopError
  | MailboxClosed
  | OwnershipError
  | RawStreamError
  | StageError

/** What the parts of a pipeline use. */
export type PartServices = Store | Nats | Publisher | Health | Metrics

export type PipelinePart = Part<PartFailure, PartServices>
