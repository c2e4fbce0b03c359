// BoundedBody: the body of an HTTP request read whole within its bounds, or why it is not taken.
import { Pieces } from "./body-pieces.ts"

/** too-long: beyond the bound. crumbs: in chunks so small that reading on costs more than it is worth. no-room: nobody lends. */
export type BodyProblem = "too-long" | "crumbs" | "no-room"

export interface BodyBounds {
  /** Most bytes. */
  readonly maxBytes: number
  /** Asked for the room of each piece before it is kept; false refuses the body. Left out, there is room. */
  readonly lend?: (bytes: number) => boolean
}

/** The pieces in order, few and large. A refused body is left where it is: the rest of it is the caller's to read or not. */
export const readBounded = async (
  stream: AsyncIterable<Buffer>,
  { lend, maxBytes }: BodyBounds
): Promise<{ readonly pieces: ReadonlyArray<Buffer> } | { readonly problem: BodyProblem }> => {
  const gathered = new Pieces()
  for await (const piece of stream) {
    gathered.add(piece)
    if (gathered.length > maxBytes) return { problem: "too-long" }
    if (gathered.areCrumbs) return { problem: "crumbs" }
    if (lend?.(piece.length) === false) return { problem: "no-room" }
  }
  return { pieces: gathered.all() }
}
