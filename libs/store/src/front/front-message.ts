// Front message: what the store front's process tells its parent, or the first line it prints without one.

/** port-taken, data-in-use and invalid stay as they are until somebody acts; start may pass. */
export type FrontFailure = "port-taken" | "data-in-use" | "invalid" | "start"

export type FromFront =
  | { readonly type: "ready"; readonly port: number; readonly pid: number; readonly version: string }
  | { readonly type: "failed"; readonly reason: FrontFailure; readonly message: string }
