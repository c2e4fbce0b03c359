// Pipelines: the library's pipelines with the sinks of this processor.
import { cataloguesWith } from "@tailrace/pipeline/catalogues"
import type * as library from "@tailrace/pipeline/pipeline"
import { loadPipeline as load } from "@tailrace/pipeline/pipeline-file"
import type { Effect } from "effect"
import type { OwnPaceSink } from "./outputs/own-pace-sink.ts"
import type { Sink } from "./outputs/sink.ts"
import { sinkCatalogue } from "./sinks/catalogue.ts"

type Made<S> = S extends { readonly make: (config: never) => Effect.Effect<infer A, infer _E, infer _R> } ? A : never
type NeedsOf<S> = S extends Sink<infer R> | OwnPaceSink<infer R> ? R : never

/** What the sinks of the catalogue need to be opened. */
export type SinkServices = NeedsOf<Made<(typeof sinkCatalogue)[number]>>

type AnySink = Sink<SinkServices> | OwnPaceSink<SinkServices>

export type Pipeline = library.Pipeline<AnySink>

/** Everything that a pipeline file may name. */
export const catalogues = cataloguesWith<AnySink>(sinkCatalogue)

/** The pipeline of a file, or the default pipeline when no path is given. */
export const loadPipeline = (path: string | undefined) => load(catalogues, path)
