// Endpoints: where the commands find a running Tailrace.
import { Config } from "effect"
import { Flag } from "effect/cli"

/** `--api`, else TAILRACE_API_URL, else the default port on loopback. */
export const apiUrl = Flag.String("api").pipe(
  Flag.withDescription("URL of the api"),
  Flag.withFallbackConfig(Config.String("TAILRACE_API_URL")),
  Flag.withDefault("http://127.0.0.1:4000")
)

/** `--collector`, else TAILRACE_COLLECTOR_URL, else the default port on loopback. */
export const collectorUrl = Flag.String("collector").pipe(
  Flag.withDescription("URL of the collector's HTTP source"),
  Flag.withFallbackConfig(Config.String("TAILRACE_COLLECTOR_URL")),
  Flag.withDefault("http://127.0.0.1:4080")
)

export const tenant = Flag.String("tenant").pipe(Flag.withDescription("Tenant"), Flag.withDefault("default"))

export const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Print JSON lines even on a terminal"),
  Flag.withDefault(false)
)
