// StageName: the stages of a pipeline by the names that metrics, dead letters and the pipeline's state give them.

/** In the order a record meets them. */
export const stageNames = ["parse", "filter", "enrich", "watch", "sink"] as const
export type StageName = (typeof stageNames)[number]

/** Stages that run the pipeline file's own components over batches; a sink writes what comes out of them. */
export type BatchStageName = Exclude<StageName, "sink">
