// Pipelines: the library's pipelines with the sinks of this processor.
import { cataloguesWith } from "@tailrace/pipeline/catalogues"
import type * as library from "@tailrace/pipeline/pipeline"
import { loadPipeline as load } from "@tailrace/pipeline/pipeline-file"
import type { Sink } from "./outputs/sink.ts"
import { sinkCatalogue } from "./sinks/catalogue.ts"

export type Pipeline = library.Pipeline<Sink>

/** Everything that a pipeline file may name. */
export const catalogues = cataloguesWith<Sink>(sinkCatalogue)

/** The pipeline of a file, or the default pipeline when no path is given. */
export const loadPipeline = (path: string | undefined) => load(catalogues, path)
