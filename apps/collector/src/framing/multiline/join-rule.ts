// JoinRule: which lines go on with the record before them. Each stream of lines is judged by a judge of its own.

/** Judges the lines of one stream in their order. A line comes without its line end, and is never empty. */
export interface LineJudge {
  /** Whether the line goes on with the record before it; asked for every line, also for a record's first. */
  readonly joins: (bytes: Uint8Array, start: number, end: number, isFirst: boolean) => boolean
  /** Whether the line judged last ends its record. */
  readonly ends: () => boolean
}

export type JoinRule = () => LineJudge
