// syslog: source that takes syslog by UDP and TCP as it is; the processor's syslog codec reads it.
import { field } from "@tailrace/domain/field"
import { Health } from "@tailrace/telemetry/health"
import { Effect, Schema } from "effect"
import { admissionFields } from "../frames/admission.ts"
import { defineSource, entryFields, type OwnSource, type SourceContext } from "../source.ts"
import { SubjectName } from "../subject-name.ts"
import { Peers } from "./syslog/peers.ts"
import { listenTcp } from "./syslog/tcp.ts"
import { listenUdp } from "./syslog/udp.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** The keys of the source, beside those that every entry may have. */
export const syslogFields = {
  host: field(Schema.NonEmptyString, "127.0.0.1", "Address to listen on; 0.0.0.0 for all."),
  port: field(between(0, 65_535), 5514, "Port to listen on, the same for UDP and TCP; 0 for any free one."),
  udp: field(Schema.Boolean, true, "Whether UDP is taken."),
  tcp: field(Schema.Boolean, true, "Whether TCP is taken, with octet counting or line ends, told apart by message."),
  source: field(SubjectName, "syslog", "Source name of the records."),
  maxMessageBytes: field(
    between(480, 4_194_304),
    65_536,
    "Bytes of a message; longer ones are cut, and `log.truncated_bytes` says by how much."
  ),
  maxConnections: field(
    between(1, 100_000),
    4_096,
    "TCP connections at once. A further one takes the place of the one that has been silent longest, or is closed when all have sent messages."
  ),
  maxConnectionsPerAddress: field(between(1, 100_000), 1_024, "The same for the connections of one address."),
  partialBytes: field(
    between(65_536, 1_073_741_824),
    33_554_432,
    "Bytes of messages whose rest has not come, of all TCP connections together; beyond it the connection with the longest ends."
  ),
  silentMillis: field(
    between(100, 86_400_000),
    120_000,
    "Milliseconds a TCP connection has for its first whole message; then it is closed."
  ),
  idleMillis: field(
    between(100, 2_147_483_647),
    86_400_000,
    "Milliseconds after which a TCP connection that has sent messages, and then nothing any more, is closed."
  ),
  receiveBufferBytes: field(
    between(2_048, 1_073_741_824),
    33_554_432,
    "Bytes of UDP messages that the operating system is asked to keep while the collector is busy; Linux grants twice `net.core.rmem_max` at most. What finds no room there is dropped by the system, and on Linux counted."
  ),
  unacknowledgedBytes: field(
    between(65_536, 268_435_456),
    16_777_216,
    "Bytes taken and not yet acknowledged: a TCP connection is then read no further, UDP messages are dropped and counted."
  ),
  ...admissionFields
}

export const SyslogConfig = Schema.Struct({ ...entryFields("syslog"), ...syslogFields })
export type SyslogConfig = typeof SyslogConfig.Type

export const syslog = defineSource({
  name: "syslog",
  summary: "Takes syslog of RFC 3164 and RFC 5424 by UDP and TCP, framed by octet counting or line ends (RFC 6587).",
  config: SyslogConfig,
  examples: [
    { title: "The default", config: { type: "syslog" } },
    { title: "TCP alone, on all addresses", config: { type: "syslog", host: "0.0.0.0", port: 6514, udp: false } }
  ],
  make: (config: SyslogConfig) => Effect.succeed(syslogSource(config))
})

const syslogSource = (config: SyslogConfig): OwnSource => ({
  name: config.name ?? "syslog",
  whenFull: config.whenFull,
  claims: (["tcp", "udp"] as const)
    .filter((transport) => config[transport])
    .map((of) => ({ of, host: config.host, port: config.port })),
  open: (context) => open(config, context)
})

const open = Effect.fnUntraced(function* (config: SyslogConfig, context: SourceContext) {
  const reporter = (yield* Health).register(`collector.${context.name}`)
  yield* Effect.addFinalizer(() => Effect.sync(reporter.remove))
  const peers = new Peers(context, config.source, config)
  let port = config.port
  if (config.tcp) port = yield* listenTcp({ ...config, port }, peers, context)
  if (config.udp) port = yield* listenUdp({ ...config, port }, peers, context)
  reporter.ready()
  return config.tcp || config.udp ? { port } : {}
})
