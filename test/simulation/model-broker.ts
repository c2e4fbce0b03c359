// ModelBroker: a broker as pipelines reach it over a network: streams, durables, publishes and snapshots, each slow, lost or repeated.
import type { Announced, LastAnnounced } from "@tailrace/streams/announced"
import type { BrokerShape } from "@tailrace/streams/broker"
import { ConsumerError } from "@tailrace/streams/durable"
import { type HopPosition, positionHeaders } from "@tailrace/streams/hop-position"
import { PublishError } from "@tailrace/streams/publish-error"
import type { PublisherShape, PublishOptions } from "@tailrace/streams/publisher"
import type { StoredMessage } from "@tailrace/streams/stored-message"
import { Deferred, Effect } from "effect"
import type { Life } from "./life.ts"
import { ModelLeases } from "./model-leases.ts"
import { type DeliveryFaults, ModelSession, type SessionOptions } from "./model-session.ts"
import { idHeader, indexBehind, ModelStream, type StreamMessage } from "./model-stream.ts"
import type { World } from "./world.ts"

export interface BrokerFaults extends DeliveryFaults {
  /** A request or its answer gets lost, or arrives seconds late. */
  readonly lost: number
  /** A publish is refused because the stream is full. */
  readonly full: number
  /** Share of its deaths in which its machine loses power, and it everything that it had not synced. */
  readonly power: number
}

const attemptMillis = 1_500
const deadlineMillis = 15_000

export class ModelBroker {
  kills = 0
  private readonly streams = new Map<string, ModelStream>()
  readonly leases: ModelLeases
  private readonly sessions = new Set<{ readonly life: Life; readonly session: ModelSession }>()
  private up = true
  private readonly world: World
  private readonly faults: BrokerFaults
  private readonly acknowledged: SessionOptions["acknowledged"]
  private readonly withoutPower: () => void

  /** `withoutPower` is called when its machine has lost power and it had not synced. */
  constructor(
    world: World,
    faults: BrokerFaults,
    acknowledged: SessionOptions["acknowledged"],
    withoutPower: () => void
  ) {
    this.world = world
    this.faults = faults
    this.acknowledged = acknowledged
    this.withoutPower = withoutPower
    this.leases = new ModelLeases(world, () => this.up)
  }

  stream(name: string): ModelStream {
    let stream = this.streams.get(name)
    if (stream === undefined) {
      stream = new ModelStream(name)
      this.streams.set(name, stream)
    }
    return stream
  }

  get isUp(): boolean {
    return this.up
  }

  get existing(): Iterable<ModelStream> {
    return this.streams.values()
  }

  /** The broker dies. What is stored stays where it syncs; of acknowledgements it may forget the last ones. */
  kill(downMillis: number, withoutPower = this.world.random() < this.faults.power): void {
    if (!this.up) return
    this.up = false
    this.kills++
    const { world } = this
    world.note("the broker is killed")
    for (const { durables } of this.streams.values()) {
      for (const durable of durables.values())
        durable.floor = world.integer(Math.max(0, durable.floor - 60), durable.floor)
    }
    if (withoutPower && this.faults.power > 0) this.withoutPower()
    world.after(downMillis, () => {
      this.up = true
      world.note("the broker is up")
    })
    for (const { life, session } of this.sessions) if (life.alive) session.breakOff()
  }

  /** What one process reads of the broker. */
  brokerOf(life: Life): BrokerShape {
    return {
      openConsumer: (options) =>
        this.ask(life, `open ${options.durable}`, () => {
          const stream = this.stream(options.stream)
          const durable = stream.durable(options.durable, options.filterSubject)
          const asked = options.startSequence ?? 1
          const behind = Math.min(Math.max(asked, durable.floor + 1), options.lacking ?? Number.POSITIVE_INFINITY)
          const startSequence = options.replay === true ? asked : behind
          return { durable, startSequence, stream }
        }).pipe(
          Effect.mapError((message) => new ConsumerError({ reason: "unavailable", message })),
          Effect.flatMap(({ durable, startSequence, stream }) => {
            if (startSequence > stream.lastSequence + 1) {
              const message = `start sequence ${startSequence} lies past the end ${stream.lastSequence}`
              return Effect.fail(new ConsumerError({ reason: "ahead", message }))
            }
            const { acknowledged, faults, world } = this
            const up = () => this.up
            const session = new ModelSession({
              world,
              life,
              stream,
              durable,
              options,
              startSequence,
              faults,
              up,
              acknowledged
            })
            const open = { life, session }
            this.sessions.add(open)
            const close = Effect.sync(() => {
              session.close()
              this.sessions.delete(open)
            })
            const { inbox, mailbox } = session
            const closed = Deferred.makeUnsafe<never, ConsumerError>()
            const serve = this.serve(session, options.owned ?? Effect.succeed(true), (error) => {
              mailbox.fail(error)
              Deferred.doneUnsafe(closed, Effect.fail(error))
            })
            return Effect.as(
              Effect.andThen(
                Effect.addFinalizer(() => close),
                Effect.forkScoped(serve)
              ),
              {
                take: mailbox.take,
                takeAll: mailbox.takeAll,
                ackThrough: (sequence: number) => Effect.sync(() => inbox.ackThrough(sequence)),
                drain: Effect.sync(() => {
                  session.close()
                  mailbox.end()
                }),
                closed: Deferred.await(closed),
                startSequence,
                state: () => inbox.state()
              }
            )
          })
        ),
      readHopPosition: (stream, subject) =>
        Effect.map(
          patiently(this.ask(life, `read ${subject}`, () => this.stream(stream).lastMessage(subject))),
          hopPositionOf
        ),
      readStoredMessage: (stream, sequence) =>
        patiently(this.ask(life, `read ${stream} ${sequence}`, () => this.storedMessage(stream, sequence))),
      takeLease: (partition, standby) => this.leases.take(life, partition, standby),
      readAnnounced: (partition) =>
        Effect.map(
          patiently(
            this.ask(life, "read the announcements", () => this.stream("cut").lastMessage(`owners.cut.${partition}`))
          ),
          announcedBy
        ),
      rangeOf: (stream) =>
        this.ask(life, `ask for the end of ${stream}`, () => ({ first: 1, last: this.stream(stream).lastSequence })),
      forgetSinks: () => Effect.void,
      unacknowledged: ({ durable, stream }) =>
        this.ask(life, `ask for what ${durable} has not acknowledged`, () => {
          const known = this.stream(stream).durables.get(durable)
          return known === undefined ? 0 : known.lane.length - indexBehind(known.lane, known.floor)
        })
    }
  }

  private storedMessage(stream: string, sequence: number): StoredMessage | undefined {
    const found = this.stream(stream).messages[sequence - 1]
    if (found === undefined) return undefined
    const { data, headers, storedMillis, subject } = found
    return { subject, headers: { get: (name) => headers[name] ?? "" }, data, receivedMillis: storedMillis }
  }

  /** As the consumer of a process does: whoever is still the owner begins a new session when one has ended. */
  private serve(session: ModelSession, owned: Effect.Effect<boolean>, fail: (error: ConsumerError) => void) {
    return Effect.gen({ self: this }, function* () {
      for (;;) {
        yield* session.ended
        // A broker that dies behind its answer resets no durable: the process tries again.
        do {
          do yield* Effect.sleep(this.world.between(100, 400))
          while (!this.up)
          if (!(yield* owned))
            return fail(new ConsumerError({ reason: "superseded", message: "another process took over" }))
        } while (!this.up)
        if (session.hasLost()) {
          const message = "the stream does not have a message any more that it delivered"
          return fail(new ConsumerError({ reason: "replaced", message }))
        }
        session.begin()
      }
    })
  }

  publisherOf(life: Life): PublisherShape {
    return {
      publish: (subject, payload, options = {}) => this.publish(life, subject, payload, options),
      inFlightBytes: 0
    }
  }

  /** A request of a process, which takes its time, gets lost on its way there, or is done and not answered. */
  ask<A>(life: Life, name: string, apply: () => A): Effect.Effect<A, string> {
    const { faults, world } = this
    return life.request<A, string>(name, (answer) => {
      const fail = () => world.after(attemptMillis, () => answer(Effect.fail(`${name}: no answer from the broker`)))
      if (world.chance(faults.lost)) return void fail()
      world.after(world.between(0.1, 15), () => {
        if (!this.up) return fail()
        const value = apply()
        if (world.chance(faults.lost)) return fail()
        return world.after(world.between(0.1, 15), () => answer(Effect.succeed(value)))
      })
    })
  }

  /** One message under one id, sent again every so often until it is answered. */
  private publish(life: Life, subject: string, payload: Uint8Array, options: PublishOptions) {
    const { faults, world } = this
    const stream = this.stream(subject.split(".")[1] ?? "")
    const data = payload.slice()
    const name = `publish to ${subject}`
    return life.request<{ stream: string; sequence: number; duplicate: boolean }, PublishError>(name, (answer) => {
      const begun = world.elapsed
      let answered = false
      const reply = (result: Parameters<typeof answer>[0]) => {
        if (answered) return
        answered = true
        answer(result)
      }
      const refuse = (reason: PublishError["reason"]) =>
        reply(Effect.fail(new PublishError({ reason, message: `${name}: ${reason}` })))
      const attempt = () => {
        if (!life.alive || answered) return
        if (world.elapsed - begun >= deadlineMillis) return refuse("unavailable")
        world.after(attemptMillis, () => life.reach(attempt))
        if (world.chance(faults.lost)) return
        world.after(world.chance(faults.lost) ? world.between(15, 3_000) : world.between(0.1, 15), arrive)
      }
      const arrive = () => {
        if (!this.up) return
        if (world.chance(faults.full)) return refuse("full")
        const expected = options.expectLastSubjectSequence
        const last = stream.lastMessage(subject)?.sequence ?? 0
        const known = options.id === undefined ? undefined : stream.known(options.id)
        if (expected !== undefined && expected !== last) {
          world.after(world.between(0.1, 15), () => refuse("wrong-last-sequence"))
          return
        }
        const headers = { ...options.headers, ...(options.id === undefined ? {} : { [idHeader]: options.id }) }
        const sequence = known ?? stream.append({ subject, headers, data, storedMillis: world.wall })
        world.note(`${subject} has ${sequence}`)
        if (world.chance(faults.lost)) return
        const ack = { stream: stream.name, sequence, duplicate: known !== undefined }
        world.after(world.between(0.1, 15), () => reply(Effect.succeed(ack)))
      }
      attempt()
    })
  }
}

/** Asks again until there is an answer. */
const patiently = <A>(ask: Effect.Effect<A, string>): Effect.Effect<A> =>
  Effect.catch(ask, () => Effect.andThen(Effect.sleep("100 millis"), patiently(ask)))

const hopPositionOf = (last: StreamMessage | undefined): HopPosition => {
  const header = (name: string) => last?.headers[name] ?? ""
  const [part = 1, parts = 1] = (header(positionHeaders.part) || "1/1").split("/").map(Number)
  const sequence = last?.sequence ?? 0
  const [first, covered] = [Number(header(positionHeaders.first)), Number(header(positionHeaders.last))]
  return { first, last: covered, part, parts, sequence, id: header(idHeader) }
}

const announcedBy = (last: StreamMessage | undefined): LastAnnounced => {
  if (last === undefined) return { owner: "", cuts: {}, sequence: 0, id: "" }
  const announced: Announced = JSON.parse(Buffer.from(last.data).toString())
  return { ...announced, sequence: last.sequence, id: last.headers[idHeader] ?? "" }
}
