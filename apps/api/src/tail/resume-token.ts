// Resume token: how far a tail has seen each partition, as an opaque text.

/** Last sequence seen by partition; of a partition that is not in it nothing had been stored. */
export type TailPosition = ReadonlyMap<number, number>

export const resumeToken = (position: TailPosition): string =>
  Buffer.from(`1;${[...position].map(([partition, sequence]) => `${partition}:${sequence}`).join(",")}`).toString(
    "base64url"
  )

const tokenPattern = /^1;((?:\d{1,5}:\d{1,16})?(?:,\d{1,5}:\d{1,16}){0,255})$/

/** The position of a token, or undefined when the text is none. */
export const parseResumeToken = (token: string): TailPosition | undefined => {
  const match = tokenPattern.exec(Buffer.from(token, "base64url").toString("latin1"))
  if (match === null) return undefined
  const pairs = (match[1] ?? "").split(",").filter(Boolean)
  return new Map(pairs.map((pair) => pair.split(":").map(Number) as [number, number]))
}

/** Both positions together; of a partition in both the later one. */
export const furthest = (a: TailPosition, b: TailPosition): TailPosition => {
  const both = new Map(a)
  for (const [partition, sequence] of b) both.set(partition, Math.max(sequence, both.get(partition) ?? 0))
  return both
}
