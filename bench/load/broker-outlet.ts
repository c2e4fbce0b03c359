// Broker outlet: frames go straight into the raw stream, with the headers a collector would give them.
import { createInbox, headers, nuid } from "@nats-io/nats-core"
import { connect } from "@nats-io/transport-node"
import { encodeFrameHeader } from "@tailrace/domain/frame"
import { inputSubject } from "@tailrace/domain/subjects"
import type { Outlet } from "./pace.ts"

export const brokerOutlet = async (url: string, source: string): Promise<Outlet> => {
  const connection = await connect({ servers: url, noAsyncTraces: true, name: "tailrace.bench" })
  const subject = inputSubject("default", source)
  const inbox = createInbox()
  const waiting = new Map<string, () => void>()
  let next = 0
  connection.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      const answer = error === null ? message.string() : String(error)
      if (!answer.startsWith('{"stream"')) throw new Error(`the broker refused a frame: ${answer}`)
      const token = message.subject.slice(inbox.length + 1)
      waiting.get(token)?.()
      waiting.delete(token)
    }
  })
  return {
    window: 32,
    send: ({ bytes, oldestMillis }) =>
      new Promise((resolve) => {
        const token = String(++next)
        const built = headers()
        built.set("Nats-Msg-Id", nuid.next())
        const header = {
          layout: "lines",
          codec: "auto",
          receivedMillis: oldestMillis,
          attributes: {},
          resource: {}
        } as const
        for (const [name, value] of Object.entries(encodeFrameHeader(header))) built.set(name, value)
        waiting.set(token, resolve)
        connection.publish(subject, bytes, { headers: built, reply: `${inbox}.${token}` })
      })
  }
}
