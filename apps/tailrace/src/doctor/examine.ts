// Examine: the doctor's round through a system that runs, or through this machine where none does yet.
import { arch, platform } from "node:os"
import { setTimeout as wait } from "node:timers/promises"
import type { PipelineState } from "@tailrace/domain/pipeline-state"
import { stateSubjects } from "@tailrace/domain/subjects"
import { migrationStates } from "@tailrace/store/migrations"
import { surveyStore } from "@tailrace/store/read/survey"
import { Store, type StoreOptions } from "@tailrace/store/store"
import type { Durability } from "@tailrace/streams/durability"
import { Nats, type NatsOptions } from "@tailrace/streams/nats"
import { surveyStreams } from "@tailrace/streams/survey"
import { type ComponentHealth, Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { Clock, Effect, Layer, References } from "effect"
import { dataFolderState } from "../up/data-folder.ts"
import { findNatsServer } from "../up/find-nats-server.ts"
import type { UpInput } from "../up/flags.ts"
import { openDoorsComponent } from "../up/open-doors.ts"
import { portProblem, wantedPorts } from "../up/ports.ts"
import { judgeDurability, judgeSettings, judgeStream } from "./broker.ts"
import { judgeClock } from "./clocks.ts"
import { judgeCollector } from "./collector.ts"
import { examineCredentials } from "./credentials.ts"
import { type Finding, findingsOf } from "./finding.ts"
import * as machine from "./machine.ts"
import { judgePipelines } from "./pipelines.ts"
import { judgeFsync, type Price, priceText, probeFsync, probePublishes } from "./probes.ts"
import { judgeConfinement, judgeMigrations, judgeStore } from "./store.ts"
import { readVarz } from "./varz.ts"

export interface DoctorInput
  extends Omit<
    UpInput,
    "pipeline" | "file" | "stdin" | "multiline" | "partitions" | "placement" | "openToLocalUsers" | "name" | "redact"
  > {
  readonly probe: boolean
  readonly nats: Omit<NatsOptions, "name">
  /** As whom the broker is asked about itself; undefined where only its HTTP monitoring can tell. */
  readonly system: Omit<NatsOptions, "name"> | undefined
  readonly store: StoreOptions
}

export interface Examination {
  readonly findings: ReadonlyArray<Finding>
  /** The dial as the broker has it; undefined when no broker tells. */
  readonly durability: Durability | undefined
  readonly prices: ReadonlyArray<Price>
}

/** Looks at everything, changes nothing but the throw-away file and streams of the probes, and never fails. */
export const examine = Effect.fnUntraced(function* (input: DoctorInput) {
  const folder = dataFolderState(input.data)
  const running = folder.holder !== undefined
  const broker = yield* examineBroker(input, running || input.natsUrl !== "")
  const store = yield* examineStore(input.store, running || input.storeUrl !== "")
  const answering = new Set([
    ...(broker.answers ? ["nats", "nats monitoring"] : []),
    ...(store.answers ? ["store"] : [])
  ])
  const fsync = input.probe ? yield* examineFsync(folder.root) : { findings: [], prices: [] }
  const findings = [
    ...(yield* examineMachine(input, folder)),
    ...(yield* examineCredentials(folder.root)),
    ...(running ? [] : yield* examinePorts(input, answering)),
    ...broker.findings,
    ...store.findings,
    ...(yield* examineApi(input, running)),
    ...(yield* examineCollector(input, running)),
    ...fsync.findings,
    ...broker.priceFindings
  ]
  return { findings, durability: broker.level, prices: [...fsync.prices, ...broker.prices] } satisfies Examination
})

const examineMachine = Effect.fnUntraced(function* (
  input: DoctorInput,
  folder: Parameters<typeof machine.judgeDataFolder>[0]
) {
  const { ok } = findingsOf("machine")
  const found = yield* findNatsServer.pipe(
    Effect.match({ onSuccess: (program) => ({ program }), onFailure: ({ message }) => ({ problem: message }) })
  )
  const natsServer = machine.judgeNatsServer(found, input.natsUrl === "" && folder.holder === undefined)
  const limits = machine.procText(`/proc/${folder.holder ?? "self"}/limits`)
  const inotify = "/proc/sys/fs/inotify"
  return [
    ok("system", `${platform()} ${arch()}`),
    machine.judgeNode(process.versions.node, "26"),
    natsServer,
    machine.judgeOpenFiles(limits),
    machine.judgeWatches(
      machine.procText(`${inotify}/max_user_watches`),
      machine.procText(`${inotify}/max_user_instances`)
    ),
    ...machine.judgeDataFolder(folder)
  ]
})

/** Ports that `up` would want; those that a broker or store of this product answers on are not its trouble. */
const examinePorts = Effect.fnUntraced(function* (input: DoctorInput, answering: ReadonlySet<string>) {
  const { fail, ok } = findingsOf("ports")
  const findings: Array<Finding> = []
  for (const one of wantedPorts(input)) {
    const name = `${one.purpose}, ${one.protocol} ${one.port}`
    const problem = yield* portProblem(one)
    if (problem === undefined) findings.push(ok(name, "free"))
    else if (answering.has(one.purpose)) findings.push(ok(name, "answers, see below"))
    else
      findings.push(
        fail(name, problem, "`tailrace up` cannot start here", `free it or choose another with ${one.flag}`)
      )
  }
  return findings
})

const examineFsync = (root: string) =>
  Effect.try({ try: () => probeFsync(machine.nearestFolder(root)), catch: (cause) => String(cause) }).pipe(
    Effect.match({
      onSuccess: (price) => ({ findings: [judgeFsync(price)], prices: [price] }),
      onFailure: (message) => ({
        findings: [
          findingsOf("price").warn(
            "fsync",
            `not measured: ${message}`,
            "the data folder cannot be written by this user",
            "run the doctor as the user that runs `tailrace up`"
          )
        ],
        prices: []
      })
    })
  )

const examineBroker = Effect.fnUntraced(function* (input: DoctorInput, expected: boolean) {
  const { fail } = findingsOf("broker")
  const clock = yield* Clock.Clock
  const asked = clock.currentTimeMillisUnsafe()
  const varz = yield* readVarz(input)
  const answered = clock.currentTimeMillisUnsafe()
  const findings: Array<Finding> = []
  if (varz !== undefined) {
    findings.push(...judgeSettings(varz), judgeClock("broker", { theirs: Date.parse(varz.now), asked, answered }))
  }
  const nats = Nats.layer({ ...input.nats, name: "tailrace.doctor", waitOnFirstConnect: false }).pipe(
    Layer.provide(Layer.merge(Health.layer, Metrics.layerBare))
  )
  const questions = Effect.gen(function* () {
    const streams = yield* surveyStreams
    const raw = streams.find(({ defined }) => defined.name === "raw")?.found
    const { finding, level } = judgeDurability(varz, raw, input.durability)
    const states = yield* listenForStates
    const prices = input.probe ? yield* Effect.result(probePublishes(level ?? "memory")) : undefined
    return { streams, finding, level, pipelines: judgePipelines(states, raw?.partitions ?? 0), prices }
  })
  const answers = yield* Layer.build(nats).pipe(
    Effect.flatMap((context) => Effect.provideContext(questions, context)),
    Effect.timeout("30 seconds"),
    // What a connection has to say becomes a finding.
    Effect.provideService(References.MinimumLogLevel, "None"),
    Effect.result,
    Effect.scoped
  )
  if (answers._tag === "Failure") {
    const { _tag: tag, message } = answers.failure
    if (tag === "NatsError" && !expected)
      return { answers: false, findings, level: undefined, prices: [], priceFindings: [] }
    findings.push(
      fail(
        "connection",
        message,
        "nothing can be received or stored",
        "start `tailrace up`, or name the broker with --nats-url"
      )
    )
    return { answers: tag !== "NatsError", findings, level: undefined, prices: [], priceFindings: [] }
  }
  const { finding, level, pipelines, prices, streams } = answers.success
  findings.push(finding, ...streams.flatMap(judgeStream), ...pipelines)
  const price = findingsOf("price")
  const measured = prices?._tag === "Success" ? prices.success : []
  const priceFindings = measured.map((one) => price.ok(one.name, priceText(one)))
  if (prices?._tag === "Failure")
    priceFindings.push(
      price.warn(
        "acknowledged publish",
        `not measured: ${prices.failure.message}`,
        "this user may not make a stream",
        "ask with credentials that may, or leave it out with --no-probe"
      )
    )
  return { answers: true, findings, level, prices: measured, priceFindings }
})

/** Processors tell their state once a second; the last word of each counts. */
const listenForStates = Effect.gen(function* () {
  const { control } = yield* Nats
  return yield* Effect.promise(async () => {
    const heard = new Map<string, PipelineState>()
    const subscription = control.subscribe(stateSubjects, {
      callback: (error, message) => {
        if (error !== null) return
        const state = message.json<PipelineState>()
        heard.set(state.instance, state)
      }
    })
    await wait(2_200)
    subscription.unsubscribe()
    return [...heard.values()]
  })
})

const reasonsOf = (components: ReadonlyArray<ComponentHealth>, name: string): ReadonlyArray<string> =>
  components.filter(({ component }) => component === name).map(({ reason }) => reason)

const examineApi = Effect.fnUntraced(function* (input: DoctorInput, expected: boolean) {
  const { fail, ok, warn } = findingsOf("api")
  const url = `http://${input.host}:${input.apiPort}/health/ready`
  const answer = yield* Effect.tryPromise({
    try: async (signal) => {
      const response = await fetch(url, { signal })
      const report = (await response.json()) as { readonly components: ReadonlyArray<ComponentHealth> }
      return {
        waiting: report.components.filter(({ state }) => state !== "ready"),
        peers: reasonsOf(report.components, "api.peers"),
        store: reasonsOf(
          report.components.filter(({ state }) => state === "ready"),
          "store"
        ),
        open: reasonsOf(report.components, openDoorsComponent)
      }
    },
    catch: () => undefined
  }).pipe(Effect.timeout("3 seconds"), Effect.result)
  if (answer._tag === "Success") {
    const { open, peers, store, waiting } = answer.success
    const health =
      waiting.length === 0
        ? [ok("health", "every component is ready")]
        : waiting.map(({ component, reason, state }) =>
            warn(component, `${state}: ${reason}`, "it does not do its work now", "mend what the reason says")
          )
    return [
      ...health,
      ...peers.map((detail) => ok("peers", detail)),
      ...store.map(judgeConfinement),
      ...open.map((reason) =>
        warn("open", reason, "it was said so by --insecure-open", "put a proxy with authentication and TLS before it")
      )
    ]
  }
  return expected
    ? [fail("health", `nothing answers at ${url}`, "logs cannot be found", "see the log of `tailrace up`")]
    : []
})

const examineCollector = Effect.fnUntraced(function* (input: DoctorInput, expected: boolean) {
  const url = `http://${input.host}:${input.httpPort}/metrics`
  const page = yield* Effect.tryPromise({
    try: async (signal) => (await fetch(url, { signal })).text(),
    catch: () => undefined
  }).pipe(Effect.timeout("3 seconds"), Effect.result)
  if (page._tag === "Success") return judgeCollector(page.success)
  const { fail } = findingsOf("collector")
  return expected
    ? [fail("metrics", `nothing answers at ${url}`, "nothing can be sent by HTTP", "see the log of `tailrace up`")]
    : []
})

const examineStore = Effect.fnUntraced(function* (options: StoreOptions, expected: boolean) {
  const { fail } = findingsOf("store")
  const clock = yield* Clock.Clock
  const questions = Effect.gen(function* () {
    const asked = clock.currentTimeMillisUnsafe()
    const facts = yield* surveyStore
    const answered = clock.currentTimeMillisUnsafe()
    const states = yield* migrationStates()
    return [
      ...judgeStore(facts),
      judgeClock("store", { theirs: facts.nowMillis, asked, answered }),
      ...judgeMigrations(states)
    ]
  })
  const answers = yield* Layer.build(Store.layer({ ...options, timeoutMillis: 5_000 })).pipe(
    Effect.flatMap((context) => Effect.provideContext(questions, context)),
    Effect.result,
    Effect.scoped
  )
  if (answers._tag === "Success") return { answers: true, findings: answers.success }
  const error = answers.failure
  const silent = error._tag === "StoreError" && error.code === undefined
  if (silent && !expected) return { answers: false, findings: [] }
  const advice = silent
    ? "start `tailrace up`, or name the store with --store-url"
    : "see that a processor has run once, and that the user may read the system tables"
  return { answers: !silent, findings: [fail("connection", error.message, "nothing can be stored or found", advice)] }
})
