// Flags of `up`: ports, folder and files, each settable by flag and environment.
import { type Durability, durabilities } from "@tailrace/streams/durability"
import { Config } from "effect"
import { Flag } from "effect/cli"

const port = (name: string, variable: string, fallback: number, description: string) =>
  Flag.Int(name).pipe(
    Flag.withDescription(`${description} (${variable})`),
    Flag.withFallbackConfig(Config.Int(variable)),
    Flag.withDefault(fallback)
  )

const text = (name: string, variable: string, fallback: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withDescription(`${description} (${variable})`),
    Flag.withFallbackConfig(Config.String(variable)),
    Flag.withDefault(fallback)
  )

export const upFlags = {
  data: text("data", "TAILRACE_DATA", "./.tailrace", "Folder of everything that is kept"),
  host: text(
    "host",
    "TAILRACE_HOST",
    "127.0.0.1",
    "Address that api and collector listen on; another than loopback needs --insecure-open"
  ),
  natsHost: text("nats-host", "TAILRACE_NATS_HOST", "127.0.0.1", "Address that nats-server listens on"),
  storeHost: text("store-host", "TAILRACE_STORE_HOST", "127.0.0.1", "Address that the store listens on"),
  insecureOpen: Flag.Boolean("insecure-open").pipe(
    Flag.withDescription("Let api and collector listen where others reach them, although they ask nobody who they are"),
    Flag.withDefault(false)
  ),
  name: Flag.String("name").pipe(
    Flag.withDescription("Name that api and collector are reached by, besides localhost; may be given several times"),
    Flag.between(0, 1_000)
  ),
  pipeline: text("pipeline", "TAILRACE_PIPELINE", "", "Pipeline file; a default pipeline when left out"),
  file: Flag.String("file").pipe(
    Flag.withDescription("File or glob to follow; may be given several times"),
    Flag.between(0, 1_000)
  ),
  stdin: Flag.Boolean("stdin").pipe(
    Flag.withDescription("Read lines from standard input too"),
    Flag.withDefault(false)
  ),
  multiline: Flag.Boolean("multiline").pipe(
    Flag.withDescription("Join lines of files and standard input that continue a record, such as stack traces"),
    Flag.withDefault(false)
  ),
  redact: text(
    "redact",
    "TAILRACE_REDACT",
    "",
    "Take these out of messages before any disk holds them: rules or groups, separated by commas (secrets, cards, personal, addresses)"
  ),
  partitions: port("partitions", "TAILRACE_PARTITIONS", 1, "Partitions; may grow later, never shrink"),
  placement: Flag.Literals("placement", ["fused", "staged"]).pipe(
    Flag.withDescription("Stages in memory, or through durable streams"),
    Flag.withDefault("fused")
  ),
  durability: Flag.Literals("durability", durabilities).pipe(
    Flag.withDescription(
      "What an acknowledgement is worth: memory, replicated (a cluster by --nats-url) or fsync (TAILRACE_DURABILITY)"
    ),
    Flag.withFallbackConfig(Config.Literals(durabilities, "TAILRACE_DURABILITY")),
    Flag.withDefault("fsync")
  ),
  apiPort: port("api-port", "TAILRACE_API_PORT", 4000, "Port of the api"),
  httpPort: port("http-port", "TAILRACE_HTTP_PORT", 4080, "Port of the collector's HTTP source"),
  syslogPort: port("syslog-port", "TAILRACE_SYSLOG_PORT", 5514, "Port of the syslog source, UDP and TCP"),
  natsPort: port("nats-port", "TAILRACE_NATS_PORT", 4222, "Port of nats-server"),
  natsMonitorPort: port(
    "nats-monitor-port",
    "TAILRACE_NATS_MONITOR_PORT",
    0,
    "Port of nats-server's HTTP monitoring, which anybody may read; 0 for none"
  ),
  storePort: port("store-port", "TAILRACE_STORE_PORT", 8123, "Port of the store, ClickHouse's HTTP interface"),
  openToLocalUsers: Flag.Boolean("open-to-local-users").pipe(
    Flag.withDescription("Let every user of this machine ask the api, not its own user and root alone"),
    Flag.withDefault(false)
  ),
  natsUrl: text(
    "nats-url",
    "TAILRACE_NATS_URL",
    "",
    "An existing NATS server with JetStream instead of a child process"
  ),
  storeUrl: text("store-url", "TAILRACE_STORE_URL", "", "An existing ClickHouse server instead of the embedded one")
}

const { data, natsHost, natsPort, natsUrl, storeHost, storePort, storeUrl } = upFlags

/** Where commands that look past the api find the broker. */
export const brokerFlags = { data, natsHost, natsPort, natsUrl }
/** Where they find broker and store. */
export const connectionFlags = { ...brokerFlags, storeHost, storePort, storeUrl }

export type BrokerInput = Pick<UpInput, keyof typeof brokerFlags>
export type ConnectionInput = Pick<UpInput, keyof typeof connectionFlags>

/** What `up` was asked for. */
export interface UpInput {
  readonly data: string
  readonly host: string
  readonly natsHost: string
  readonly storeHost: string
  readonly insecureOpen: boolean
  readonly pipeline: string
  readonly file: ReadonlyArray<string>
  readonly stdin: boolean
  readonly multiline: boolean
  readonly partitions: number
  readonly placement: "fused" | "staged"
  readonly durability: Durability
  readonly apiPort: number
  readonly httpPort: number
  readonly syslogPort: number
  readonly natsPort: number
  readonly natsMonitorPort: number
  readonly storePort: number
  readonly openToLocalUsers: boolean
  readonly redact: string
  readonly name: ReadonlyArray<string>
  readonly natsUrl: string
  readonly storeUrl: string
}
