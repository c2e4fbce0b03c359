// Front message: what the store front's process tells its parent, or the first line it prints without one.
// A parent sends the options when asked for them, and the word "probe" whenever it wants to know whether the engine answers.

/** What the system keeps the process from, or why it does not. */
export type Confinement = { readonly holds: string } | { readonly reason: string }

/** port-taken, data-in-use and invalid stay as they are until somebody acts; start may pass. */
export type FrontFailure = "port-taken" | "data-in-use" | "invalid" | "start"

/** How a start has ended. */
export type FirstFromFront =
  | {
      readonly type: "ready"
      readonly port: number
      readonly pid: number
      readonly version: string
      readonly confinement: Confinement
      /** Where definitions of tables that could not be loaded are now. */
      readonly setAside: ReadonlyArray<string>
    }
  | { readonly type: "failed"; readonly reason: FrontFailure; readonly message: string }

/** Besides it there is the wish for options, which comes again when the process starts over, and the answer to a probe. */
export type FromFront = FirstFromFront | { readonly type: "asks" } | { readonly type: "alive" }
