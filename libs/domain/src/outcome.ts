// Outcome: what a stage decides about one record.

/** Keep it; leave it out by a named rule; or send it to the dead letters with a reason. There is no fourth. */
export type Outcome =
  | { readonly _tag: "Keep" }
  | { readonly _tag: "Drop"; readonly reason: string }
  | { readonly _tag: "Reject"; readonly reason: string }
