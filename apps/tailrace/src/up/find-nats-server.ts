// Find nats-server: what the bootstrap found, or one on PATH; none that is too old.
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import { promisify } from "node:util"
import { Config, Effect } from "effect"
import { type CommandFailure, workFailure } from "../failure.ts"

/** The oldest release with what streams, accounts and permissions here rest on, and without holes that are known. */
const oldest = [2, 12, 6] as const
export const oldestNatsServer = oldest.join(".")

/** Whether a text names a version that is new enough, such as "nats-server: v2.15.1". */
export const isNewEnough = (text: string): boolean => {
  const found = /v?(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number)
  if (found === undefined) return false
  for (const [i, least] of oldest.entries()) if (found[i] !== least) return (found[i] as number) > least
  return true
}

/** What a program says of its version; rejects when it cannot be run. */
const versionTextOf = async (program: string): Promise<string> =>
  (await promisify(execFile)(program, ["--version"], { timeout: 5_000 })).stdout.trim()

const advice = "start with `npm start`, which fetches one, or set TAILRACE_NATS_SERVER or TAILRACE_NATS_URL"

/** Path of the program. The bootstrap (npm start) sets TAILRACE_NATS_SERVER; without it PATH is searched. */
export const findNatsServer: Effect.Effect<string, CommandFailure> = Effect.gen(function* () {
  const told = yield* Config.String("TAILRACE_NATS_SERVER").pipe(Config.withDefault(""))
  const path = yield* Config.String("PATH").pipe(Config.withDefault(""))
  const found =
    told === ""
      ? path
          .split(delimiter)
          .map((folder) => join(folder, "nats-server"))
          .filter(existsSync)
      : [told]
  const tooOld: Array<string> = []
  for (const program of found) {
    const version = yield* Effect.promise(() => versionTextOf(program).catch((cause) => `does not run: ${cause}`))
    if (isNewEnough(version)) return program
    tooOld.push(`${program} (${version.split("\n")[0]})`)
  }
  return yield* workFailure(
    tooOld.length === 0
      ? `nats-server was not found on PATH: ${advice}`
      : `nats-server ${oldestNatsServer} or newer is needed, but there is only ${tooOld.join(", ")}: ${advice}`
  )
}).pipe(Effect.catchTag("ConfigError", (error) => Effect.fail(workFailure(error.message))))
