// Instance: everything on one machine: broker and store as children, processor, api and collector in this process.
import { resolve } from "node:path"
import { type BrokerUser, brokerCredential, storeCredential } from "@tailrace/access/credentials"
import { type Credentials, openCredentials } from "@tailrace/access/credentials-folder"
import { ApiConfig } from "@tailrace/api/config"
import { Api, apiLayer } from "@tailrace/api/layer"
import { CollectorConfig } from "@tailrace/collector/config"
import { collectorLayer } from "@tailrace/collector/layer"
import { ProcessorConfig } from "@tailrace/processor/config"
import { processorLayer } from "@tailrace/processor/layer"
import { loadPipeline } from "@tailrace/processor/pipelines"
import { isLoopback } from "@tailrace/store/front/options"
import { spawnFront } from "@tailrace/store/front/spawn"
import { Store } from "@tailrace/store/store"
import type { BrokerRole } from "@tailrace/streams/broker-roles"
import { Nats } from "@tailrace/streams/nats"
import { Publisher } from "@tailrace/streams/publisher"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Context, Effect, Layer, Redacted, Schedule, Schema } from "effect"
import { asStoreUser, namedBroker, ownBroker, storeConnection } from "../connections.ts"
import { workFailure } from "../failure.ts"
import { type DataFolder, openDataFolder } from "./data-folder.ts"
import { findNatsServer } from "./find-nats-server.ts"
import type { UpInput } from "./flags.ts"
import { awaitLeftoverStore } from "./leftover-store.ts"
import { endLeftoverNats, natsChild } from "./nats-child.ts"
import { adoptGlobalStreams, writeNatsConfig } from "./nats-files.ts"
import { refuseOpenDoors, tellOpenDoors } from "./open-doors.ts"
import { checkPorts, wantedPorts } from "./ports.ts"

/** Starts everything, sinks before sources; the scope's end stops it in the reverse order, nothing left under way. */
export const startInstance = Effect.fnUntraced(function* (input: UpInput) {
  yield* refuseOpenDoors(input)
  if (input.pipeline !== "") yield* loadPipeline(input.pipeline)
  const binary = input.natsUrl === "" ? yield* findNatsServer : ""
  if (binary !== "" && input.durability === "replicated")
    return yield* workFailure(
      "durability replicated needs a cluster of brokers: name one with --nats-url, or choose memory or fsync"
    )
  const folder = yield* openDataFolder(input.data)
  const endedOne = binary !== "" && (yield* endLeftoverNats(folder.nats))
  if (input.storeUrl === "") yield* awaitLeftoverStore(folder.store)
  const { notes, secrets } = yield* openCredentials(folder.root).pipe(
    Effect.mapError((error) => workFailure(error.message))
  )
  // A process that is gone may keep its ports until the last of its threads has come back from the disk.
  yield* checkPorts(wantedPorts(input)).pipe(
    Effect.retry({ schedule: Schedule.spaced("100 millis"), times: endedOne ? 30 : 0 })
  )
  const base = yield* Layer.build(Layer.mergeAll(Health.layer, Metrics.layer))
  yield* Effect.provideContext(tellOpenDoors(input), base)
  const [nats, stored] = yield* Effect.all([broker(input, folder, binary, secrets), store(input, folder, secrets)], {
    concurrency: 2
  }).pipe(Effect.provideContext(base))
  const services = Context.merge(base, yield* Layer.build(Store.layer(stored)))
  /** A process has one connection for each of its parts, so that the broker lets none do what another may. */
  const connected = Effect.fnUntraced(function* (role: BrokerRole) {
    const options = { ...nats(role), name: `tailrace.${role}`, component: `nats.${role}` }
    const layer = Publisher.layer().pipe(Layer.provideMerge(Nats.layer(options)))
    return Context.merge(services, yield* Effect.provideContext(Layer.build(layer), services))
  })
  const { database, url: storeUrl } = stored
  const natsUrl = [nats("api").servers].flat().join(",")
  const addresses = { nats: { servers: natsUrl.split(",") }, store: { url: storeUrl, database } }
  const processor = yield* decode(ProcessorConfig, {
    ...addresses,
    partitions: input.partitions,
    placement: input.placement,
    durability: input.durability,
    ...(input.pipeline === "" ? {} : { pipeline: input.pipeline })
  })
  const peers = input.openToLocalUsers ? { peers: "any" } : {}
  const api = yield* decode(ApiConfig, {
    ...addresses,
    host: input.host,
    port: input.apiPort,
    names: input.name,
    ...peers
  })
  const collector = yield* decode(CollectorConfig, collectorSettings(input, folder))
  yield* Effect.provideContext(Layer.build(processorLayer(processor)), yield* connected("processor"))
  const running = yield* Effect.provideContext(Layer.build(apiLayer(api)), yield* connected("api"))
  yield* Effect.provideContext(Layer.build(collectorLayer(collector)), yield* connected("collector"))
  return { api: Context.get(running, Api).url, natsUrl, storeUrl, database, folder, notes }
})

/** Options of each part's client, after the broker has been started where no other was named. */
const broker = Effect.fnUntraced(function* (input: UpInput, folder: DataFolder, binary: string, secrets: Credentials) {
  if (input.natsUrl !== "") {
    const named = yield* namedBroker(input.natsUrl)
    return () => named
  }
  const own = (url: string) => (user: BrokerUser) => ownBroker(url, user, secrets[brokerCredential(user)])
  const { durability, natsHost: host, natsMonitorPort: monitorPort, natsPort: port } = input
  adoptGlobalStreams(folder.nats)
  const configuration = writeNatsConfig({
    folder: folder.nats,
    durability,
    seeds: (user) => secrets[brokerCredential(user)],
    // Who comes over a network has to show a key.
    open: isLoopback(host)
  })
  const system = own(`nats://${host}:${port}`)("health")
  const url = yield* natsChild({ binary, host, port, monitorPort, folder: folder.nats, configuration, system })
  return own(url)
})

/** Options of the store's client, after the embedded one has been started where no other was named. */
const store = Effect.fnUntraced(function* (input: UpInput, folder: DataFolder, secrets: Credentials) {
  const options = yield* storeConnection(input)
  if (input.storeUrl !== "") return options
  const health = (yield* Health).register("store")
  const password = secrets[storeCredential("tailrace")]
  const front = yield* spawnFront({
    dataDir: folder.store,
    host: input.storeHost,
    port: input.storePort,
    users: [
      { name: "tailrace", password: Redacted.value(password) },
      { name: "reader", password: Redacted.value(secrets[storeCredential("reader")]), readOnly: true }
    ],
    health
  }).pipe(Effect.mapError((error) => workFailure(`the store does not start: ${error.message}`)))
  return { ...options, url: front.url, ...asStoreUser(password) }
})

const collectorSettings = (input: UpInput, folder: DataFolder) => ({
  sources: [
    { type: "http", host: input.host, port: input.httpPort, names: input.name },
    { type: "syslog", host: input.host, port: input.syslogPort },
    ...input.file.map((path) => ({ type: "file", path: resolve(path), multiline: input.multiline })),
    ...(input.stdin ? [{ type: "stdin", multiline: input.multiline }] : [])
  ],
  ...(input.redact === "" ? {} : { redact: { rules: input.redact.split(",").map((name) => name.trim()) } }),
  data: folder.collector
})

const decode = <S extends Schema.ConstraintDecoder<unknown>>(schema: S, value: unknown) =>
  Schema.decodeUnknownEffect(schema)(value, { errors: "all", onExcessProperty: "error" }).pipe(
    Effect.mapError((error) => workFailure(`the settings do not fit together: ${error.message}`))
  )
