// Open doors: addresses that others than this machine reach, at which nobody is asked who they are.
import { isLoopback } from "@tailrace/store/front/options"
import { Health } from "@tailrace/telemetry/health"
import { Effect } from "effect"
import { type CommandFailure, usageFailure } from "../failure.ts"
import type { UpInput } from "./flags.ts"

type Hosts = Pick<UpInput, "host" | "insecureOpen">

/** Under which name health tells of them. */
export const openDoorsComponent = "doors"

/** What stands open, in words; undefined when nothing does. */
export const openDoors = ({ host }: Pick<UpInput, "host">): string | undefined =>
  isLoopback(host)
    ? undefined
    : `api and collector listen on ${host} and ask nobody who they are: whoever reaches it reads and writes all logs`

/** Fails, before anything starts, when a door stands open that nobody said should. */
export const refuseOpenDoors = (input: Hosts): Effect.Effect<void, CommandFailure> => {
  const open = openDoors(input)
  return open === undefined || input.insecureOpen
    ? Effect.void
    : Effect.fail(
        usageFailure(
          `${open}; leave --host at 127.0.0.1 and put a proxy with authentication and TLS before it, or say --insecure-open when it is meant`
        )
      )
}

/** Tells health of a door that was left open on purpose. */
export const tellOpenDoors = Effect.fnUntraced(function* (input: Hosts) {
  const open = openDoors(input)
  if (open !== undefined) (yield* Health).register(openDoorsComponent).ready(open)
})
