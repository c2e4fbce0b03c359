// file: source that reads files on as they grow, through rotation, truncation, compression and restarts.
import { Health } from "@tailrace/telemetry/health"
import { Effect } from "effect"
import { CollectorError, messageOf } from "../refusal.ts"
import { defineSource, type OwnSource, type SourceContext } from "../source.ts"
import { within } from "../within.ts"
import { FileConfig } from "./file/file-config.ts"
import { FileSet } from "./file/file-set.ts"

export const file = defineSource({
  name: "file",
  summary: "Reads files on as they grow: globs, rotation, truncation, gzip, resumed after a restart without loss.",
  config: FileConfig,
  examples: [
    { title: "One file", config: { type: "file", path: "/var/log/syslog" } },
    {
      title: "Java logs with their stack traces",
      config: { type: "file", path: "/srv/app/logs/**/*.log", source: "app", multiline: true }
    },
    {
      title: "Records that begin with a date, whatever follows",
      config: { type: "file", path: "/srv/db/*.log", multiline: { start: "^\\d{4}-\\d{2}-\\d{2}" } }
    }
  ],
  make: (config: FileConfig) => Effect.succeed(fileSource([config], config.name))
})

interface FileSource extends OwnSource {
  readonly entries: ReadonlyArray<FileConfig>
}

/** One source over several entries, which share the folder of checkpoints; a file belongs to the first that matches it. */
export const fileSource = (entries: ReadonlyArray<FileConfig>, name = "file"): FileSource => ({
  name,
  entries,
  claims: [],
  ...(entries.some(({ whenFull }) => whenFull === "drop-oldest") ? { whenFull: "drop-oldest" } : {}),
  joined: (other) => (isFileSource(other) ? fileSource([...entries, ...other.entries], name) : undefined),
  open: (context) => open(entries, context)
})

const isFileSource = (source: OwnSource): source is FileSource => "entries" in source

/** Milliseconds that regions under way have for their acknowledgement at the end. */
const endMillis = 5_000

const open = Effect.fnUntraced(function* (entries: ReadonlyArray<FileConfig>, context: SourceContext) {
  const reporter = (yield* Health).register(`collector.${context.name}`)
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
