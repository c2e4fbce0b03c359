// Subjects: the names under which frames, batches, panes and states travel on the bus.

/** A tenant or source name: one subject token of letters, digits, "_" and "-", 1 to 64 characters. */
const tokenPattern = /^[A-Za-z0-9_-]{1,64}$/

/** Whether a text may stand as one token of a subject (no ".", "*", ">", space, nor control character). */
export const isSubjectToken = (text: string): boolean => tokenPattern.test(text)

/** Why a text cannot be a tenant or source name, in words for the sender; undefined when it can. */
export const subjectTokenProblem = (text: string): string | undefined =>
  isSubjectToken(text)
    ? undefined
    : `must be 1 to 64 letters, digits, "_" or "-", but is ${JSON.stringify(text.slice(0, 80))}`

/** A name made into a subject token: every other character becomes "-"; an empty name becomes `fallback`. */
export const toSubjectToken = (text: string, fallback: string): string => {
  const token = text
    .replace(/[^A-Za-z0-9_-]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 64)
  return token === "" ? fallback : token
}

/** Where anybody publishes: the raw stream's transform adds the partition. */
export const inputSubject = (tenant: string, source: string): string => `logs.in.${tenant}.${source}`

/** Where the raw stream keeps what was published to an input subject, whatever the partition. */
export const rawSubjectsOf = (input: string): string => input.replace(/^logs\.in\./, "logs.raw.*.")

/** The stage streams of staged placement, in order. */
const stagedStages = ["parsed", "filtered", "enriched"] as const
export type StagedStage = (typeof stagedStages)[number]

/** Where a stage publishes its batches in staged placement. */
export const stageSubject = (stage: StagedStage, partition: number): string => `logs.${stage}.${partition}`

/** Where batches that are stored wait for sinks that write at their own pace. */
export const storedSubject = (partition: number): string => `logs.stored.${partition}`

/** Where batches just stored are published for live tails; core subject, no storage. */
export const liveSubject = (partition: number): string => `logs.live.${partition}`
export const liveSubjects = "logs.live.*"
/** Whoever listens to live batches says so here every second; without it they are not sent. Core subject. */
export const liveInterestSubject = "tailrace.live.interest"

export const paneSubject = (tenant: string, metric: string): string => `logs.panes.${tenant}.${metric}`
export const anomalySubject = (tenant: string, metric: string): string => `logs.anomalies.${tenant}.${metric}`
export const anomalySubjects = "logs.anomalies.*.*"

/** Where a process publishes its PipelineState every second; core subject, no storage. */
export const stateSubject = (instance: string): string => `tailrace.state.${toSubjectToken(instance, "unnamed")}`
export const stateSubjects = "tailrace.state.*"

/** Tenant and source of a raw or input subject, or undefined when the subject is neither. */
export const parseInputSubject = (
  subject: string
): { readonly tenant: string; readonly source: string } | undefined => {
  const tokens = subject.split(".")
  if (tokens[0] !== "logs") return undefined
  if (tokens[1] === "in" && tokens.length === 4) return { tenant: tokens[2] as string, source: tokens[3] as string }
  if (tokens[1] === "raw" && tokens.length === 5) return { tenant: tokens[3] as string, source: tokens[4] as string }
  return undefined
}

export interface Origin {
  readonly tenant: string
  readonly source: string
  /** Why the subject names none, in words; the names are then those under which such messages are accounted. */
  readonly problem?: string
}

/**
 * Whose message a subject of the raw stream carries. Anybody may publish to `logs.in.*.*`, and the broker takes any bytes
 * between dots as a token; names that are none are replaced, and it is said why.
 */
export const originOf = (subject: string): Origin => {
  const names = parseInputSubject(subject)
  if (names === undefined) return { tenant: "default", source: "unknown", problem: "it names no tenant and source" }
  const { source, tenant } = names
  if (isSubjectToken(tenant) && isSubjectToken(source)) return names
  return {
    tenant: isSubjectToken(tenant) ? tenant : "default",
    source: isSubjectToken(source) ? source : "unknown",
    problem: isSubjectToken(tenant)
      ? `its source ${subjectTokenProblem(source)}`
      : `its tenant ${subjectTokenProblem(tenant)}`
  }
}

/** The partition whose pipeline reads a subject of the raw stream: 0 where the broker put it to none, as a literal "*" does. */
export const partitionOf = (subject: string): number => {
  const partition = /^logs\.raw\.(\d{1,5})\./.exec(subject)?.[1]
  return partition === undefined ? 0 : Number(partition)
}
