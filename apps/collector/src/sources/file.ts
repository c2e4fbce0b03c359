// file: source that reads files on as they grow, through rotation, truncation, compression and restarts.
import { field, optional, required } from "@tailrace/domain/field"
import { Health } from "@tailrace/telemetry/health"
import { Effect, Schema } from "effect"
import { admissionFields } from "../frames/admission.ts"
import { CollectorError, messageOf } from "../refusal.ts"
import { defineSource, type Source, type SourceContext } from "../source.ts"
import { SubjectName } from "../subject-name.ts"
import { within } from "../within.ts"
import { FileSet } from "./file/file-set.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
export const FileConfig = Schema.Struct({
  path: required(Schema.NonEmptyString, "Path of the files; `*`, `**`, `?`, `[a-z]` and `{a,b}` match several."),
  source: optional(SubjectName, "Source name of the records; without it the file's name without `.log`, `.1`, `.gz`."),
  tenant: optional(SubjectName, "Tenant of the records; without it the collector's."),
  codec: field(Schema.NonEmptyString, "auto", "Codec of the records."),
  start: field(
    Schema.Literals(["beginning", "end"]),
    "beginning",
    "Where reading begins in files that are there when the path is read for the first time; later ones are read whole."
  ),
  multiline: field(
    Schema.Boolean,
    false,
    "Whether lines that continue a record, such as those of a stack trace, are joined to it."
  ),
  maxMessageBytes: field(
    between(1_024, 4_194_304),
    1_048_576,
    "Bytes of a record; longer ones are cut, and `log.truncated_bytes` says by how much."
  ),
  maxUnpackedBytes: field(
    between(1_048_576, 1_099_511_627_776),
    4_294_967_296,
    "Bytes a gzip file may unpack to; a larger one is left out with a warning."
  ),
  pollMillis: field(
    between(20, 600_000),
    1_000,
    "Milliseconds between looks at the path; the operating system's notifications come sooner."
  ),
  partialMillis: field(
    between(0, 86_400_000),
    5_000,
    "Milliseconds without growth after which a last line without line end, or a joined record, is complete."
  ),
  rotatedMillis: field(
    between(0, 86_400_000),
    5_000,
    "Milliseconds without growth after which a file that was renamed or deleted is closed."
  ),
  ...admissionFields
})
export type FileConfig = typeof FileConfig.Type

export const file = defineSource({
  name: "file",
  summary: "Reads files on as they grow: globs, rotation, truncation, gzip, resumed after a restart without loss.",
  config: FileConfig,
  examples: [
    { title: "One file", config: { path: "/var/log/syslog" } },
    {
      title: "Java logs with their stack traces",
      config: { path: "/srv/app/logs/**/*.log", source: "app", multiline: true }
    }
  ],
  make: (config: FileConfig) => Effect.succeed(fileSource([config]))
})

/** One source over several entries, which share the folder of checkpoints; a file belongs to the first that matches it. */
export const fileSource = (entries: ReadonlyArray<FileConfig>): Source => ({
  name: "file",
  open: (context) => open(entries, context)
})

/** Milliseconds that regions under way have for their acknowledgement at the end. */
const endMillis = 5_000

const open = Effect.fnUntraced(function* (entries: ReadonlyArray<FileConfig>, context: SourceContext) {
  const reporter = (yield* Health).register("collector.file")
  yield* Effect.acquireRelease(
    Effect.tryPromise({
      try: () => FileSet.open(entries, context),
      catch: (cause) =>
        new CollectorError({
          message: `cannot keep checkpoints of files in ${context.folder}: ${messageOf(cause)}, make the folder writable or set data`
        })
    }),
    (files) => Effect.promise(() => within(endMillis, files.stop())).pipe(Effect.andThen(Effect.sync(reporter.remove)))
  )
  reporter.ready()
  return {}
})
