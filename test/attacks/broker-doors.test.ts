// The broker's doors: what each of its users, and somebody who shows no credentials, may publish and hear; and nothing else.
import { copyFileSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { jetstream } from "@nats-io/jetstream"
import { connect, headers, type NatsConnection } from "@nats-io/transport-node"
import { brokerUser } from "@tailrace/testing/folder-credentials"
import { freePort } from "@tailrace/testing/free-port"
import { findNatsServer } from "@tailrace/testing/nats-server"
import { waitFor } from "@tailrace/testing/wait-until"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Service } from "../chaos/stand/service.ts"
import { RunningTailrace } from "../e2e/running-tailrace.harness.ts"
import { watchLoopDelay } from "./stand/loop-delay.harness.ts"
import { ears, targets } from "./subjects-of-a-broker.ts"

let running: RunningTailrace
let empty: Service
let emptyUrl: string

/** A broker with the very configuration of the running one and nothing in it, where what is allowed harms nobody. */
const startEmpty = async (): Promise<void> => {
  const port = await freePort()
  const folder = join(running.folder, "empty")
  mkdirSync(folder)
  copyFileSync(join(running.data, "nats", "nats-server.conf"), join(folder, "nats-server.conf"))
  emptyUrl = `nats://127.0.0.1:${port}`
  empty = new Service({
    name: "broker",
    command: findNatsServer() ?? "nats-server",
    arguments: ["-c", join(folder, "nats-server.conf"), "-a", "127.0.0.1", "-p", String(port), "-sd", folder],
    folder,
    ready: () =>
      connect({ servers: emptyUrl, reconnect: false }).then(
        (open) => open.close().then(() => true),
        () => false
      )
  })
  await empty.start()
}

beforeAll(async () => {
  running = await RunningTailrace.start()
  await startEmpty()
}, 90_000)
watchLoopDelay(() => running)
afterAll(async () => {
  await empty?.end("SIGKILL")
  await running?.remove()
})

const brokerOf = () => `127.0.0.1:${running.ports.nats}`

/** What the broker refused of a list: it answers a violation before the ping that follows. */
const refusals = async (
  connection: NatsConnection,
  act: (subject: string) => void,
  subjects: ReadonlyArray<string>
): Promise<ReadonlySet<string>> => {
  const refused = new Set<string>()
  void (async () => {
    for await (const status of connection.status()) {
      if (status.type === "error") refused.add(/Violation for \w+ to "(.*)"/.exec(status.error.message)?.[1] ?? "?")
    }
  })()
  for (const subject of subjects) act(subject)
  await connection.flush()
  await connection.flush()
  return new Set(refused)
}

const triedBy = async (connection: NatsConnection) => {
  const published = await refusals(connection, (subject) => connection.publish(subject, "x"), targets)
  const heard = await refusals(
    connection,
    (subject) => connection.subscribe(subject, { callback: () => undefined }),
    ears
  )
  await connection.close()
  return {
    published: targets.filter((one) => !published.has(one)),
    heard: ears.filter((one) => !heard.has(one))
  }
}

const collectors = [
  "$JS.API.STREAM.INFO.raw",
  ...["CREATE", "DELETE", "INFO", "MSG.NEXT"].map((verb) => `$JS.API.CONSUMER.${verb}.raw.pipeline-0`),
  "$JS.API.CONSUMER.LIST.raw"
]
const own = (name: string) =>
  ["CREATE", "UPDATE", "INFO", "PURGE", "MSG.GET"].map((verb) => `$JS.API.STREAM.${verb}.${name}`)
const consumed = (name: string) => [
  ...["CREATE", "DURABLE.CREATE", "DELETE", "INFO", "MSG.NEXT", "RESET", "UNPIN"].map(
    (verb) => `$JS.API.CONSUMER.${verb}.${name}.pipeline-0`
  ),
  `$JS.API.CONSUMER.LIST.${name}`,
  `$JS.API.DIRECT.GET.${name}`,
  `$JS.API.DIRECT.GET.${name}.logs.raw.0.default.x`,
  `$JS.ACK.${name}.pipeline-0.1.1.1.1.1`
]
const streams = ["raw", "parsed", "filtered", "enriched", "stored", "panes", "anomalies", "alerts", "owners"]

/** All that each user may do of what is tried. */
const expected = {
  collector: { published: collectors, heard: ["_INBOX_collector.>"] },
  processor: {
    published: [
      "$JS.API.INFO",
      ...[...streams, "KV_state", "KV_config"].flatMap(own),
      ...["raw", "owners"].flatMap(consumed),
      ...["$KV.state.window.default.0", "$KV.config.x"],
      ...["logs.parsed.0", "logs.filtered.0", "logs.enriched.0", "logs.panes.default.x", "logs.anomalies.default.x"],
      ...["logs.alerts.default.x", "logs.live.0", "owners.cut.0", "owners.pin.0", "tailrace.state.vm-1"]
    ],
    heard: ["tailrace.state.*", "tailrace.live.interest", "_INBOX_processor.>"]
  },
  api: {
    published: ["tailrace.live.interest"],
    heard: ["owners.cut.0", "logs.live.*", "logs.live.0", "logs.anomalies.*.*", "tailrace.state.*", "_INBOX_api.>"]
  },
  operator: {
    published: [
      ...["$JS.API.INFO", "$JS.API.STREAM.LIST"],
      ...[...streams, "KV_state", "KV_config", "mine"].map((name) => `$JS.API.STREAM.INFO.${name}`),
      ...collectors,
      "$JS.API.CONSUMER.LIST.owners",
      ...["$JS.API.STREAM.CREATE.tailrace-doctor", "$JS.API.STREAM.DELETE.tailrace-doctor", "tailrace-doctor"]
    ],
    heard: ["tailrace.state.*", "_INBOX_operator.>"]
  },
  health: {
    published: ["$SYS.REQ.SERVER.PING.VARZ", "$SYS.REQ.SERVER.PING.HEALTHZ"],
    heard: ["_INBOX_health.>"]
  }
} as const

describe("a user of the broker", () => {
  it.each(Object.keys(expected) as Array<keyof typeof expected>)(
    "%s may do its work and nothing else",
    async (user) => {
      expect(targets.length + ears.length).toBeGreaterThan(200)
      const seen = await triedBy(await connect({ servers: emptyUrl, ...brokerUser(running.data, user) }))
      expect(new Set(seen.published)).toEqual(new Set(expected[user].published))
      expect(new Set(seen.heard)).toEqual(new Set(expected[user].heard))
    }
  )
})

describe("somebody without credentials", () => {
  const anonymous = () => connect({ servers: brokerOf() })

  it("may publish input, and hear answers to that", async () => {
    expect(await triedBy(await anonymous())).toEqual({ published: [], heard: ["_INBOX.>", "_INBOX.*.*"] })
    const statuses = await waitFor(
      async () => {
        const { pipeline } = await running.graphql<{
          pipeline: ReadonlyArray<{ partitions: ReadonlyArray<{ status: string }> }>
        }>("{ pipeline { partitions { status } } }")
        return pipeline.flatMap(({ partitions }) => partitions.map(({ status }) => status))
      },
      (seen) => seen.length > 0,
      { what: "the state of the pipeline" }
    )
    expect(statuses).toEqual(["running"])
  })

  it("is nobody else by a name, a password or a key of its own", async () => {
    const tries = [
      { user: "collector" },
      { user: "publisher", pass: "" },
      { user: "publisher", pass: "publisher" },
      { user: "TAILRACE", pass: "x" },
      { token: "x" }
    ]
    for (const options of tries) {
      const refused = await connect({ servers: brokerOf(), reconnect: false, ...options }).then(
        async (open) => {
          const { heard, published } = await triedBy(open)
          return published.length === 0 && heard.every((one) => one.startsWith("_INBOX."))
        },
        () => true
      )
      expect([options, refused]).toEqual([options, true])
    }
  })

  it("publishes as anybody would: with an acknowledgement, without, and once under an id", async () => {
    const connection = await anonymous()
    connection.publish("logs.in.default.edge", '{"msg":"one"}')
    const stream = jetstream(connection)
    const first = await stream.publish("logs.in.other.edge", '{"msg":"two"}', { msgID: "an-id" })
    const again = await stream.publish("logs.in.other.edge", '{"msg":"two"}', { msgID: "an-id" })
    expect([first.stream, first.duplicate, again.duplicate]).toEqual(["raw", false, true])
    await connection.close()
    await running.untilCount("source:edge", 2)
    expect(await running.count("source:edge")).toBe(2)
  })

  it("hears nothing of what the product says, and of other strangers that their messages were taken", async () => {
    const listener = await anonymous()
    const heard: Array<string> = []
    listener.subscribe("_INBOX.>", { callback: (_, message) => void heard.push(message.string()) })
    await listener.flush()
    const response = await fetch(`${running.collector}/ingest/inside`, { method: "POST", body: '{"msg":"secret"}' })
    expect(response.status).toBe(202)
    await running.untilCount("source:inside", 1)
    await listener.flush()
    expect(heard).toEqual([])
    const other = await anonymous()
    await jetstream(other).publish("logs.in.default.edge", '{"msg":"three"}')
    await other.close()
    await waitFor(
      () => heard.length,
      (count) => count > 0,
      { what: "the acknowledgement of another stranger" }
    )
    expect(Object.keys(JSON.parse(heard[0] ?? "{}")).sort()).toEqual(["seq", "stream"])
    await listener.close()
  })

  it("has no trace of its message sent to where it may not publish", async () => {
    const connection = await anonymous()
    const traced = headers()
    traced.set("Nats-Trace-Dest", "$KV.state.window.default.0")
    const refused = await refusals(connection, (subject) => connection.publish(subject, "x", { headers: traced }), [
      "logs.in.default.traced"
    ])
    expect([...refused]).toEqual(["$KV.state.window.default.0"])
    await connection.close()
    await running.graphql("{ logs(first: 1) { totalCount } }")
    expect(await running.count("source:traced")).toBe(0)
  })
})
