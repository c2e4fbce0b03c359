// file: source that reads files on as they grow, through rotation, truncation, compression and restarts.
import { Health } from "@tailrace/telemetry/health"
import { Effect } from "effect"
import { CollectorError, messageOf } from "../refusal.ts"
import { defineSource, type Source, type SourceContext } from "../source.ts"
import { within } from "../within.ts"
import { FileConfig } from "./file/file-config.ts"
import { FileSet } from "./file/file-set.ts"

export const file = defineSource({
  name: "file",
  summary: "Reads files on as they grow: globs, rotation, truncation, gzip, resumed after a restart without loss.",
  config: FileConfig,
  examples: [
    { title: "One file", config: { path: "/var/log/syslog" } },
    {
      title: "Java logs with their stack traces",
      config: { path: "/srv/app/logs/**/*.log", source: "app", multiline: true }
    },
    {
      title: "Records that begin with a date, whatever follows",
      config: { path: "/srv/db/*.log", multiline: { start: "^\\d{4}-\\d{2}-\\d{2}" } }
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
