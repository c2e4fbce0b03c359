// Stand: the whole product on one machine as separate processes, and a generator before it.
import { mkdtemp } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { jetstreamManager } from "@nats-io/jetstream"
import type { NatsConnection } from "@nats-io/nats-core"
import { connect } from "@nats-io/transport-node"
import { liveInterestSubject, liveSubject } from "@tailrace/domain/subjects"
import type { Durability } from "@tailrace/streams/durability"
import type { Entry } from "../instruments/report.ts"
import { type Backlog, readBacklog } from "./backlog.ts"
import { Children, pause } from "./children.ts"
import { GeneratorChild } from "./generator-child.ts"
import {
  type Place,
  type Placement,
  type RunningStore,
  startApi,
  startBroker,
  startCollector,
  startProcessor,
  startStore
} from "./services.ts"
import type { StoreQuestions } from "./store-questions.ts"

export interface StandOptions {
  /** Where events enter. */
  readonly entry: Entry
  /** Default fused. */
  readonly placement?: Placement
  /** What the broker's acknowledgement is worth. Default fsync. */
  readonly durability?: Durability
  /** Whether the store syncs parts to the disk before it answers, as its tables say. Default true. */
  readonly synced?: boolean
  /** Whether the generator waits for acknowledgements, which it can leave out at the broker alone. Default true. */
  readonly acknowledged?: boolean
  /** Whether an api runs; only then `stand.api` is an address. Default false. */
  readonly api?: boolean
  /** Whether somebody looks at every batch just stored, as a live tail does. Default true. */
  readonly watched?: boolean
}

export interface Stand {
  readonly children: Children
  readonly generator: GeneratorChild
  readonly store: StoreQuestions
  readonly connection: NatsConnection
  /** The api's WebSocket address. */
  readonly api: string
  readonly backlog: () => Promise<Backlog>
  /** kill -9 of the store; the answer starts it again on its folder and port. */
  readonly killStore: () => Promise<() => Promise<void>>
  readonly stop: () => Promise<void>
}

/** Starts broker (with the shipped configuration), store front, processor, collector and api where asked for, and generator. */
export const startStand = async (options: StandOptions): Promise<Stand> => {
  const { durability = "fsync", entry, placement = "fused", watched = true } = options
  const folder = await mkdtemp(join(tmpdir(), "tailrace-bench-"))
  const children = new Children(folder)
  let connection: NatsConnection | undefined
  const stop = async () => {
    await connection?.close()
    await children.stop()
  }
  try {
    const natsUrl = await startBroker(children, folder, durability)
    connection = await connect({ servers: natsUrl, noAsyncTraces: true, name: "tailrace.bench" })
    const manager = await jetstreamManager(connection)
    const backlog = () => readBacklog(manager, placement)
    let store: RunningStore = await startStore(children, folder)
    const place: Place = { children, folder, natsUrl, storeUrl: `http://127.0.0.1:${store.port}` }
    await startProcessor(place, placement, async () => (await backlog()).attended)
    if (options.synced === false) await store.questions.stopSyncing()
    if (watched) watch(connection)
    const url = entry === "broker" ? natsUrl : await startCollector(place)
    const api = options.api === true ? await startApi(place) : ""
    const way = entry === "broker" && options.acknowledged === false ? "broker-unacknowledged" : entry
    const generator = await GeneratorChild.start(children, way, url)
    const killStore = async () => {
      await children.end(store.child, "SIGKILL")
      return async () => {
        store = await startStore(children, folder, store.port)
      }
    }
    return { children, generator, store: store.questions, connection, api, backlog, killStore, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** One live tail that looks at nothing, so that every batch is shown to somebody. */
const watch = (connection: NatsConnection): void => {
  connection.subscribe(liveSubject(0), { callback: () => undefined })
  connection.publish(liveInterestSubject)
  setInterval(() => {
    if (!connection.isClosed()) connection.publish(liveInterestSubject)
  }, 1_000).unref()
}

const warmUpMillis = 4_000
const mostWarmUpMillis = 8_000

/** Lets a stand run at its rate until code is compiled, merges have begun and nothing lies behind, within limits. */
export const warmUp = async (stand: Stand): Promise<void> => {
  await pause(warmUpMillis)
  const deadline = performance.now() + mostWarmUpMillis - warmUpMillis
  while ((await stand.backlog()).frames > 16 && performance.now() < deadline) await pause(100)
}

export interface Drained {
  readonly sent: number
  readonly stored: number
}

/** Waits until everything sent is stored; answers how many records are, which is more or less than sent only in a fault. */
export const drain = async (stand: Stand, seconds = 15): Promise<Drained> => {
  stand.generator.paused(false)
  stand.generator.rate(0)
  const deadline = performance.now() + seconds * 1_000
  for (;;) {
    await pause(100)
    stand.children.check()
    const { made, acknowledged } = await stand.generator.sent()
    const stored = await stand.store.stored()
    if ((made === acknowledged && stored >= made) || performance.now() > deadline) return { sent: made, stored }
  }
}

/** What became of everything that was sent, as a note. */
export const drainedNote = ({ sent, stored }: Drained): string =>
  `Sent ${sent}, stored ${stored}: ${Math.max(0, sent - stored)} lost, ${Math.max(0, stored - sent)} doubled.`
