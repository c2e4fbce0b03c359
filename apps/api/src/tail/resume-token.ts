// Resume token: how far a tail has seen each partition, as an opaque text.

/** Last sequence seen by partition. */
export type TailPosition = ReadonlyMap<number, number>

export interface ResumePoint {
  /** When the tail began, milliseconds since 1970: of a partition without a position it has seen nothing since. */
  readonly since: number
  readonly position: TailPosition
}

export const resumeToken = ({ position, since }: ResumePoint): string =>
  Buffer.from(
    `1;${since};${[...position].map(([partition, sequence]) => `${partition}:${sequence}`).join(",")}`
  ).toString("base64url")

const tokenPattern = /^1;(\d{1,15});((?:\d{1,5}:\d{1,16})?(?:,\d{1,5}:\d{1,16}){0,255})$/

/** The point of a token, or undefined when the text is none. */
export const parseResumeToken = (token: string): ResumePoint | undefined => {
  const match = tokenPattern.exec(Buffer.from(token, "base64url").toString("latin1"))
  if (match === null) return undefined
  const [, since, list = ""] = match
  const pairs = list.split(",").filter(Boolean)
  return {
    since: Number(since),
    position: new Map(pairs.map((pair) => pair.split(":").map(Number) as [number, number]))
  }
}

/** Both positions together; of a partition in both the later one. */
export const furthest = (a: TailPosition, b: TailPosition): TailPosition => {
  const both = new Map(a)
  for (const [partition, sequence] of b) both.set(partition, Math.max(sequence, both.get(partition) ?? 0))
  return both
}
