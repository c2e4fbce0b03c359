// Endpoints: where the commands find a running Tailrace.
import { Config } from "effect"
import { Flag } from "effect/cli"

/** A URL's variable, else the port's, which `up` goes by too. */
const urlOf = (variable: string, portVariable: string) =>
  Config.String(variable).pipe(
    Config.orElse(() => Config.map(Config.Int(portVariable), (port) => `http://127.0.0.1:${port}`))
  )

/** `--api`, else TAILRACE_API_URL, else the port of TAILRACE_API_PORT or the default one on loopback. */
export const apiUrl = Flag.String("api").pipe(
  Flag.withDescription("URL of the api (TAILRACE_API_URL, or TAILRACE_API_PORT on loopback)"),
  Flag.withFallbackConfig(urlOf("TAILRACE_API_URL", "TAILRACE_API_PORT")),
  Flag.withDefault("http://127.0.0.1:4000")
)

/** `--collector`, else TAILRACE_COLLECTOR_URL, else the port of TAILRACE_HTTP_PORT or the default one on loopback. */
export const collectorUrl = Flag.String("collector").pipe(
  Flag.withDescription(
    "URL of the collector's HTTP source (TAILRACE_COLLECTOR_URL, or TAILRACE_HTTP_PORT on loopback)"
  ),
  Flag.withFallbackConfig(urlOf("TAILRACE_COLLECTOR_URL", "TAILRACE_HTTP_PORT")),
  Flag.withDefault("http://127.0.0.1:4080")
)

export const tenant = Flag.String("tenant").pipe(Flag.withDescription("Tenant"), Flag.withDefault("default"))

export const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Print JSON lines even on a terminal"),
  Flag.withDefault(false)
)
