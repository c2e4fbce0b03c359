// Ports: checked before anything starts, so that a port already taken is one clear message.
import { createSocket } from "node:dgram"
import { createServer } from "node:net"
import { Effect } from "effect"
import { type CommandFailure, workFailure } from "../failure.ts"
import type { UpInput } from "./flags.ts"

export interface WantedPort {
  /** What listens there, such as "api". */
  readonly purpose: string
  /** The flag that changes it. */
  readonly flag: string
  readonly host: string
  readonly port: number
  readonly protocol: "tcp" | "udp"
}

type PortInput = Pick<
  UpInput,
  | "host"
  | "natsHost"
  | "storeHost"
  | "apiPort"
  | "httpPort"
  | "syslogPort"
  | "natsPort"
  | "natsMonitorPort"
  | "storePort"
  | "natsUrl"
  | "storeUrl"
>

/** Every port that `up` listens on. */
export const wantedPorts = (input: PortInput): ReadonlyArray<WantedPort> => {
  const { host, natsHost, storeHost } = input
  const tcp = (purpose: string, flag: string, port: number, host: string): WantedPort => ({
    purpose,
    flag,
    host,
    port,
    protocol: "tcp"
  })
  return [
    tcp("api", "--api-port", input.apiPort, host),
    tcp("http source", "--http-port", input.httpPort, host),
    tcp("syslog source", "--syslog-port", input.syslogPort, host),
    { purpose: "syslog source", flag: "--syslog-port", host, port: input.syslogPort, protocol: "udp" },
    ...(input.natsUrl === ""
      ? [
          tcp("nats", "--nats-port", input.natsPort, natsHost),
          ...(input.natsMonitorPort === 0
            ? []
            : [tcp("nats monitoring", "--nats-monitor-port", input.natsMonitorPort, natsHost)])
        ]
      : []),
    ...(input.storeUrl === "" ? [tcp("store", "--store-port", input.storePort, storeHost)] : [])
  ]
}

/** Fails with every port that cannot be had, in one message. */
export const checkPorts = (wanted: ReadonlyArray<WantedPort>): Effect.Effect<void, CommandFailure> =>
  Effect.gen(function* () {
    const problems: Array<string> = []
    for (const one of wanted) {
      const problem = yield* portProblem(one)
      if (problem !== undefined)
        problems.push(
          `${one.protocol} port ${one.port} for ${one.purpose} ${problem}: free it or choose another with ${one.flag}`
        )
    }
    if (problems.length > 0) return yield* workFailure(problems.join("\n"))
  })

/** Why a port cannot be had, such as "is already taken"; undefined when it can. */
export const portProblem = (one: WantedPort): Effect.Effect<string | undefined> =>
  Effect.promise(() => (one.protocol === "tcp" ? tryTcp(one) : tryUdp(one))).pipe(
    Effect.map((code) => (code === undefined ? undefined : wordsOf(code)))
  )

const wordsOf = (code: string): string =>
  code === "EADDRINUSE"
    ? "is already taken"
    : code === "EACCES"
      ? "needs rights this user lacks"
      : `cannot be opened (${code})`

const codeOf = (error: NodeJS.ErrnoException): string => error.code ?? error.message

const tryTcp = (one: WantedPort): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once("error", (error: NodeJS.ErrnoException) => resolve(codeOf(error)))
    server.listen(one.port, one.host, () => server.close(() => resolve(undefined)))
  })

const tryUdp = (one: WantedPort): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = createSocket("udp4")
    socket.once("error", (error: NodeJS.ErrnoException) => {
      socket.close()
      resolve(codeOf(error))
    })
    socket.bind(one.port, one.host, () => socket.close(() => resolve(undefined)))
  })
