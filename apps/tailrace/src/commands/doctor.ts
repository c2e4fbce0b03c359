// The command doctor: whether this machine and the system on it are well, what is not, and what durability costs here.
import { Command, Flag } from "effect/cli"
import { later } from "../later.ts"
import { connectionFlags, upFlags } from "../up/flags.ts"

const { apiPort, durability, host, httpPort, insecureOpen, natsMonitorPort, syslogPort } = upFlags

const flags = {
  durability: durability.pipe(Flag.withDescription("The durability that is wished for (TAILRACE_DURABILITY)")),
  ...connectionFlags,
  host,
  insecureOpen,
  natsMonitorPort,
  apiPort,
  httpPort,
  syslogPort,
  probe: Flag.Boolean("probe").pipe(
    Flag.withDescription("Measure an fsync and an acknowledged publish; --no-probe writes nothing at all"),
    Flag.withDefault(true)
  ),
  repair: Flag.Boolean("repair").pipe(
    Flag.withDescription(
      "Look only for what the store holds more than once and where its rollup is wrong, and say what would be done"
    ),
    Flag.withDefault(false)
  ),
  yes: Flag.Boolean("yes").pipe(Flag.withDescription("With --repair: do it"), Flag.withDefault(false)),
  json: Flag.Boolean("json").pipe(Flag.withDescription("Print one JSON document"), Flag.withDefault(false))
}

export const doctorCommand = Command.make(
  "doctor",
  flags,
  later(() => import("../work/doctor.ts"))
).pipe(Command.withDescription("Look at this machine and the system on it: what is well, what is not, and what to do"))
