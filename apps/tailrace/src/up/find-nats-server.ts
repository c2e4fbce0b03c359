// Find nats-server: what the bootstrap found, or one on PATH.
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import { Config, Effect } from "effect"
import { type CommandFailure, workFailure } from "../failure.ts"

/** Path of the program. The bootstrap (npm start) sets TAILRACE_NATS_SERVER; without it PATH is searched. */
export const findNatsServer: Effect.Effect<string, CommandFailure> = Effect.gen(function* () {
  const told = yield* Config.String("TAILRACE_NATS_SERVER").pipe(Config.withDefault(""))
  if (told !== "") return told
  const path = yield* Config.String("PATH").pipe(Config.withDefault(""))
  const found = path
    .split(delimiter)
    .map((folder) => join(folder, "nats-server"))
    .find((file) => existsSync(file))
  if (found !== undefined) return found
  return yield* workFailure(
    "nats-server was not found on PATH: start with `npm start`, which fetches it, or set TAILRACE_NATS_SERVER or TAILRACE_NATS_URL"
  )
}).pipe(Effect.catchTag("ConfigError", (error) => Effect.fail(workFailure(error.message))))
