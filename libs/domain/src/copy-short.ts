// Copying short runs of bytes from one array into another.

/** Up to this many bytes a loop beats the view that a block copy needs. */
export const shortBytes = 127

/** Copies `source[start, end)` to `target` at `at`, which must have the room. */
export const copyShort = (source: Uint8Array, start: number, end: number, target: Uint8Array, at: number): void => {
  let from = start
  let to = at
  for (; from + 4 <= end; from += 4) {
    target[to] = source[from] as number
    target[to + 1] = source[from + 1] as number
    target[to + 2] = source[from + 2] as number
    target[to + 3] = source[from + 3] as number
    to += 4
  }
  for (; from < end; from++) target[to++] = source[from] as number
}
