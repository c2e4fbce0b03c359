// Subjects of a broker: what somebody would try who wants more of it than they may, some two hundred subjects.

const streams = [
  ...["raw", "parsed", "filtered", "enriched", "stored", "panes", "anomalies", "alerts", "owners"],
  ...["KV_state", "KV_config", "mine"]
]

const streamVerbs = [
  ...["CREATE", "UPDATE", "DELETE", "INFO", "PURGE", "MSG.GET", "MSG.DELETE", "SNAPSHOT", "RESTORE"],
  ...["PEER.REMOVE", "LEADER.STEPDOWN"]
]

const consumerVerbs = ["CREATE", "DURABLE.CREATE", "DELETE", "INFO", "MSG.NEXT", "PAUSE", "RESET", "UNPIN"]

/** To be published to. None of them is input. */
export const targets: ReadonlyArray<string> = [
  "$JS.API.INFO",
  "$JS.API.STREAM.LIST",
  "$JS.API.STREAM.NAMES",
  "$JS.API.ACCOUNT.PURGE.TAILRACE",
  "$JS.API.META.LEADER.STEPDOWN",
  ...streams.flatMap((stream) => streamVerbs.map((verb) => `$JS.API.STREAM.${verb}.${stream}`)),
  ...["raw", "owners"].flatMap((stream) => [
    ...consumerVerbs.map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.pipeline-0`),
    `$JS.API.CONSUMER.LIST.${stream}`,
    `$JS.API.CONSUMER.NAMES.${stream}`,
    `$JS.API.DIRECT.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}.logs.raw.0.default.x`,
    `$JS.ACK.${stream}.pipeline-0.1.1.1.1.1`,
    `$JS.FC.${stream}.pipeline-0.x`
  ]),
  "$JS.API.STREAM.CREATE.tailrace-doctor",
  "$JS.API.STREAM.DELETE.tailrace-doctor",
  "$JS.API.CONSUMER.CREATE.mine",
  "$JS.EVENT.ADVISORY.STREAM.DELETED.raw",
  "$KV.state.window.default.0",
  "$KV.config.x",
  "$KV.other.x",
  ...["raw.0.default.x", "parsed.0", "filtered.0", "enriched.0", "panes.default.x", "anomalies.default.x"].map(
    (rest) => `logs.${rest}`
  ),
  ...["alerts.default.x", "live.0", "x", "in", "in.default", "in.default.x.y"].map((rest) => `logs.${rest}`),
  "owners.cut.0",
  "owners.pin.0",
  "tailrace.live.interest",
  "tailrace.state.vm-1",
  "tailrace.doctor",
  "tailrace-doctor",
  "anything",
  ...["_INBOX.x.1", "_INBOX_collector.x", "_INBOX_processor.x", "_INBOX_api.x", "_INBOX_operator.x", "_INBOX_health.x"],
  ...["PING", "PING.VARZ", "PING.CONNZ", "PING.JSZ", "PING.HEALTHZ", "X.KICK", "X.RELOAD", "X.LAMEDUCK"].map(
    (verb) => `$SYS.REQ.SERVER.${verb}`
  ),
  ...["PING.CONNZ", "TAILRACE.INFO", "TAILRACE.CONNZ"].map((verb) => `$SYS.REQ.ACCOUNT.${verb}`),
  "$SYS.REQ.USER.INFO",
  "$SYS.REQ.USER.AUTH",
  "$SYS.ACCOUNT.TAILRACE.SERVER.CONNS"
]

/** To be heard. */
export const ears: ReadonlyArray<string> = [
  ...[">", "*", "*.>", "logs.>", "logs.*.>", "logs.in.>", "logs.in.*.*", "logs.in.default.*", "logs.raw.>"],
  ...["logs.parsed.*", "logs.enriched.0", "logs.live.*", "logs.live.0", "logs.panes.>", "logs.anomalies.*.*"],
  ...["$JS.>", "$JS.API.>", "$JS.ACK.>", "$JS.API.STREAM.INFO.raw", "$JS.EVENT.>", "$KV.>", "$KV.state.>", "$SYS.>"],
  ...["$SYS.REQ.USER.AUTH", "$SYS.SERVER.>", "owners.>", "owners.cut.0", "tailrace.>", "tailrace.state.*"],
  ...["tailrace.live.interest", "_INBOX.>", "_INBOX.*.*", "_INBOX_collector.>", "_INBOX_processor.>"],
  ...["_INBOX_api.>", "_INBOX_operator.>", "_INBOX_health.>", "_R_.>", "$SRV.>"]
]
