// PipelineDecode: from the plain value of a pipeline file to its decoded configuration, or everything that is wrong with it.
import { decodeWith } from "@tailrace/config/config-decode"
import { PipelineConfig } from "./pipeline-config.ts"

/** The decoded configuration of a plain value. */
export const decodePipeline = (value: unknown) => decodeWith(PipelineConfig, value, [])
