// Metrics: counters, gauges and histograms of one process, kept in one Prometheus registry and updated once per batch.
import { Context, Effect, Layer } from "effect"
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client"

/** Seconds from 1 ms to 30 s; enough for a batch, an insert or a request. */
const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export interface MetricsShape {
  readonly registry: Registry
  /** The counter of that name; made at the first call. Counts only go up. Names end in `_total`. */
  readonly counter: <L extends string = never>(name: string, help: string, labels?: ReadonlyArray<L>) => Counter<L>
  readonly gauge: <L extends string = never>(name: string, help: string, labels?: ReadonlyArray<L>) => Gauge<L>
  /** A gauge read at each scrape, for values that are cheaper to ask for than to keep. The last reader given wins. */
  readonly gaugeFrom: (name: string, help: string, read: () => number) => void
  /** Buckets default to seconds between 1 ms and 30 s. */
  readonly histogram: <L extends string = never>(
    name: string,
    help: string,
    labels?: ReadonlyArray<L>,
    buckets?: ReadonlyArray<number>
  ) => Histogram<L>
  /** The whole registry in Prometheus' text exposition format. */
  readonly text: Effect.Effect<string>
  readonly contentType: string
}

/** A registry with its own metrics; with `processMetrics` it also reports CPU, memory, event loop and collector. */
export const makeMetrics = (options: { readonly processMetrics: boolean }): MetricsShape => {
  const registry = new Registry()
  const readers = new Map<string, () => number>()
  if (options.processMetrics) collectDefaultMetrics({ register: registry })
  const existing = <M>(name: string, make: () => M): M => (registry.getSingleMetric(name) as M | undefined) ?? make()
  const registers = [registry]
  return {
    registry,
    counter: <L extends string = never>(name: string, help: string, labels: ReadonlyArray<L> = []) =>
      existing(name, () => new Counter<L>({ name, help, labelNames: labels, registers })),
    gauge: <L extends string = never>(name: string, help: string, labels: ReadonlyArray<L> = []) =>
      existing(name, () => new Gauge<L>({ name, help, labelNames: labels, registers })),
    gaugeFrom: (name, help, read) => {
      readers.set(name, read)
      existing(
        name,
        () =>
          new Gauge({
            name,
            help,
            registers,
            collect() {
              this.set(readers.get(name)?.() ?? 0)
            }
          })
      )
    },
    histogram: <L extends string = never>(
      name: string,
      help: string,
      labels: ReadonlyArray<L> = [],
      buckets: ReadonlyArray<number> = DURATION_BUCKETS
    ) => existing(name, () => new Histogram<L>({ name, help, labelNames: labels, buckets: [...buckets], registers })),
    text: Effect.promise(() => registry.metrics()),
    contentType: registry.contentType
  }
}

export class Metrics extends Context.Service<Metrics, MetricsShape>()("tailrace/telemetry/Metrics") {
  /** One registry for the whole process, with the process' own figures. */
  static readonly layer = Layer.sync(Metrics, () => makeMetrics({ processMetrics: true }))
  /** A registry without the process' figures, so tests may build many. */
  static readonly layerBare = Layer.sync(Metrics, () => makeMetrics({ processMetrics: false }))
}
