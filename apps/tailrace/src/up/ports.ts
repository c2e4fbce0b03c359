// Ports: checked before anything starts, so that a port already taken is one clear message.
import { createSocket } from "node:dgram"
import { createServer } from "node:net"
import { Effect } from "effect"
import { type CommandFailure, workFailure } from "../failure.ts"

export interface WantedPort {
  /** What listens there, such as "api". */
  readonly purpose: string
  /** The flag that changes it. */
  readonly flag: string
  readonly host: string
  readonly port: number
  readonly protocol: "tcp" | "udp"
}

/** Fails with every port that cannot be had, in one message. */
export const checkPorts = (wanted: ReadonlyArray<WantedPort>): Effect.Effect<void, CommandFailure> =>
  Effect.gen(function* () {
    const problems: Array<string> = []
    for (const one of wanted) {
      const problem = yield* Effect.promise(() => (one.protocol === "tcp" ? tryTcp(one) : tryUdp(one)))
      if (problem !== undefined)
        problems.push(
          `${one.protocol} port ${one.port} for ${one.purpose} ${wordsOf(problem)}: free it or choose another with ${one.flag}`
        )
    }
    if (problems.length > 0) return yield* workFailure(problems.join("\n"))
  })

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
