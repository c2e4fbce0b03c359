// Sabotages: mistakes a pipeline could make, put in through the services it uses; the simulation has to find each of them.
import type { Cut } from "@tailrace/streams/announced"
import type { BrokerShape } from "@tailrace/streams/broker"
import { Effect, Schedule } from "effect"
import type { ModelStore } from "./model-store.ts"
import type { Sabotage } from "./sabotage.ts"

/** Made anew for each run, as some of them remember something. */
export const sabotages: Readonly<Record<string, () => Sabotage>> = {
  "acknowledges what it takes before it is stored": () => ({
    broker: (broker): BrokerShape => ({
      ...broker,
      openConsumer: (options) =>
        Effect.map(broker.openConsumer(options), (consumer) => ({
          ...consumer,
          take: Effect.tap(consumer.take, ({ sequence }) => consumer.ackThrough(sequence)),
          takeAll: Effect.tap(consumer.takeAll, (taken) => consumer.ackThrough(taken.at(-1)?.sequence ?? 0))
        }))
    })
  }),
  "inserts the last batch again under its token when it starts": () => {
    let parts: ModelStore["tables"]["parts"] = []
    return {
      store: (store) => {
        parts = store.tables.parts
      },
      tables: (tables) => {
        const recovered = new Set<number>()
        return {
          ...tables,
          lastInsert: (table, partition) =>
            Effect.tap(tables.lastInsert(table, partition), (batch) => {
              if (table !== "logs" || batch === undefined || recovered.has(partition)) return Effect.void
              recovered.add(partition)
              const part = parts.find((one) => one.partition === partition && one.ingestedAt === batch.ingestedAt)
              return part === undefined ? Effect.void : tables.insertNative("logs", "", part.token, part.bytes)
            })
        }
      }
    }
  },
  "repeats an insert without an answer before it asks for its rows": () => ({
    tables: (tables) => ({
      ...tables,
      insertNative: (table, columns, token, bytes) =>
        Effect.retry(tables.insertNative(table, columns, token, bytes), {
          while: ({ code }) => code === undefined,
          schedule: Schedule.spaced("1 second")
        })
    })
  }),
  "takes what was announced for stored": () => {
    const announced = new Map<number, Cut>()
    return {
      broker: (broker) => ({
        ...broker,
        readAnnounced: (partition) =>
          Effect.tap(broker.readAnnounced(partition), ({ cuts }) =>
            Effect.sync(() => cuts.rows === undefined || announced.set(partition, cuts.rows))
          )
      }),
      tables: (tables) => ({
        ...tables,
        lastInsert: (table, partition) =>
          Effect.map(tables.lastInsert(table, partition), (batch) => {
            const cut = announced.get(partition)
            if (table !== "logs" || cut === undefined || (batch?.ingestedAt ?? 0) >= cut.ingestedAt) return batch
            const { attempt, first, ingestedAt, last } = cut
            return { firstSequence: first, lastSequence: last, ingestedAt, attempt, rows: 1 }
          })
      })
    }
  },
  "takes whatever message has the number of the last stored one for that one": () => ({
    placement: "fused",
    storedMessages: ({ between }) => ({
      between: (partition, first, last, most) =>
        first === last ? Effect.succeed([]) : between(partition, first, last, most)
    })
  }),
  "takes no answer for a yes": () => ({
    tables: (tables) => ({
      ...tables,
      insertNative: (table, columns, token, bytes) => Effect.ignore(tables.insertNative(table, columns, token, bytes))
    })
  }),
  "lets a batch reach across an offset of its outputs": () => ({
    pipeline: (pipeline) => ({
      ...pipeline,
      sinks: pipeline.sinks.map((sink) =>
        "ownPace" in sink
          ? sink
          : {
              ...sink,
              open: (context: Parameters<typeof sink.open>[0]) =>
                Effect.map(sink.open(context), ({ slow, write }) => ({
                  offsets: [],
                  repeats: [],
                  write,
                  ...(slow === undefined ? {} : { slow })
                }))
            }
      )
    })
  }),
  "goes on inserting after another process has taken over": () => ({
    publisher: (publisher) => ({
      ...publisher,
      publish: (subject, payload, { expectLastSubjectSequence: _, ...options } = {}) =>
        publisher.publish(subject, payload, options)
    })
  }),
  "does not make again what the owner before announced": () => ({
    broker: (broker) => ({
      ...broker,
      readAnnounced: (partition) => Effect.map(broker.readAnnounced(partition), (last) => ({ ...last, cuts: {} }))
    })
  }),
  "takes nothing to be left between the stages when its placement changes": () => ({
    broker: (broker) => ({ ...broker, unacknowledged: () => Effect.succeed(0) })
  }),
  "repairs no rollup": () => ({
    tables: (tables) => ({ ...tables, rollupGaps: () => Effect.succeed(0) })
  }),
  "compares the rollup over all partitions": () => ({
    store: (store) => {
      store.tables.comparesEverything = true
    }
  }),
  "goes on inserting while it hands a partition over that another process has": () => {
    const left = new Set<string>()
    return {
      handOver: ({ partition, stepAside, unpin }) =>
        Effect.sync(() => {
          left.add(`owners.cut.${partition}`)
          unpin()
        }).pipe(Effect.andThen(Effect.sleep("5 seconds")), Effect.andThen(stepAside)),
      publisher: (publisher) => ({
        ...publisher,
        publish: (subject, payload, options = {}) => {
          const { expectLastSubjectSequence: _, ...unfenced } = options
          return publisher.publish(subject, payload, left.has(subject) ? unfenced : options)
        }
      })
    }
  },
  "keeps the partitions it is to hand over": () => ({ handOver: () => Effect.void }),
  "stores dead letters after the rows of their batch": () => ({
    tables: (tables) => {
      let late: ReadonlyArray<ReturnType<typeof tables.insertNative>> = []
      return {
        ...tables,
        insertNative: (table, columns, token, bytes) => {
          if (table === "dead_letters") {
            late = [...late, tables.insertNative(table, columns, token, bytes)]
            return Effect.void
          }
          const letters = Effect.suspend(() =>
            Effect.forEach(late, (letter) => Effect.ignore(letter), { discard: true })
          )
          const done = Effect.sync(() => {
            late = []
          })
          return tables.insertNative(table, columns, token, bytes).pipe(Effect.andThen(letters), Effect.andThen(done))
        }
      }
    }
  }),
  "repeats a dead letter under the token of the first attempt": () => ({
    tables: (tables) => ({
      ...tables,
      insertNative: (table, columns, token, bytes) =>
        tables.insertNative(table, columns, table === "dead_letters" ? token.replace(/-\d+$/, "") : token, bytes)
    })
  }),
  "knows nothing of the dead letters of an earlier life": () => ({
    tables: (tables) => ({ ...tables, lettersAfter: () => Effect.succeed([]) })
  }),
  "takes a frame for whole of which only some rows are stored": () => ({
    placement: "fused",
    tables: (tables) => ({ ...tables, splitFrameFound: () => Effect.succeed({ markedAt: 0, unfinished: undefined }) })
  }),
  "writes once more what a further sink holds": () => ({
    files: (sink) => ({ ...sink, held: () => undefined })
  }),
  "takes what waits for further sinks for further than it is": () => ({
    broker: (broker) => ({
      ...broker,
      readHopPosition: (stream, subject) =>
        Effect.map(broker.readHopPosition(stream, subject), (position) =>
          stream === "stored" && position.last > 0 ? { ...position, last: position.last + 2 } : position
        )
    })
  })
}
