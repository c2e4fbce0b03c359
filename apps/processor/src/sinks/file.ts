// file: sink that appends records as JSON lines to files, each record once, at its own pace.
import { field, optional, required } from "@tailrace/domain/field"
import { Effect, Schema } from "effect"
import type { OwnPaceSink } from "../outputs/own-pace-sink.ts"
import { defineSink } from "../outputs/sink.ts"
import { sinkPolicyFields } from "../outputs/sink-policy.ts"
import { openLineFiles } from "./file/line-files.ts"

const config = Schema.Struct({
  type: Schema.Literal("file"),
  name: field(
    Schema.String.check(Schema.isPattern(/^[a-z][a-z0-9-]{0,31}$/)),
    "file",
    "What the files begin with; two sinks of a pipeline need two names."
  ),
  folder: required(
    Schema.NonEmptyString,
    "Where the files are, seen from where the process runs; made, for its user alone, when it is missing."
  ),
  maxBytes: field(
    Schema.Int.check(Schema.isGreaterThan(0)),
    268_435_456,
    "Bytes of a file behind which the next one is begun."
  ),
  keep: optional(
    Schema.Int.check(Schema.isGreaterThan(0)),
    "Files of a partition that are kept, the one being written among them; all when left out."
  ),
  ...sinkPolicyFields
})

export const file = defineSink({
  name: "file",
  summary:
    "Appends records as JSON lines to files, each record once, also over a crash; a disk that is full or slow delays only these files.",
  config,
  examples: [
    { title: "Everything, beside ClickHouse", config: { type: "file", folder: "./archive" } },
    {
      title: "The last ten files of 64 MiB",
      config: { type: "file", name: "recent", folder: "/var/log/tailrace", maxBytes: 67_108_864, keep: 10 }
    }
  ],
  make: (given) =>
    Effect.succeed<OwnPaceSink>({
      name: given.name,
      ownPace: true,
      policy: given,
      open: (partition) => openLineFiles({ ...given, name: `${given.name}-${partition}` })
    })
})
