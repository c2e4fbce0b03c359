// PipelineVersion: which pipeline it was, in words short enough to stand in every dead letter.
import { createHash } from "node:crypto"
import type { PipelineConfig } from "./pipeline-config.ts"

/** Name and the first eight digits of the SHA-256 of what the file says, its tests left out: "default@1f0c9a3e". */
export const pipelineVersion = (config: PipelineConfig): string => {
  const { tests: _, ...running } = config
  const hash = createHash("sha256").update(JSON.stringify(running)).digest("hex")
  return `${config.name}@${hash.slice(0, 8)}`
}
