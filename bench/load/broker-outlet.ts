// Broker outlet: frames go straight into the raw stream, with the headers a collector would give them.
import { createInbox, headers, type MsgHdrs, nuid } from "@nats-io/nats-core"
import { connect } from "@nats-io/transport-node"
import { encodeFrameHeader } from "@tailrace/domain/frame"
import { inputSubject } from "@tailrace/domain/subjects"
import { eventsPerBlock } from "./events.ts"
import type { Frame, Outlet } from "./pace.ts"

const window = 16

/** 128 KiB, as a collector cuts its frames. */
const frameEvents = 2 * eventsPerBlock

const headersOf = ({ oldestMillis }: Frame): MsgHdrs => {
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
  return built
}

const subjectOf = (source: string, { format }: Frame): string => inputSubject("default", `${source}-${format}`)

const open = (url: string) => connect({ servers: url, noAsyncTraces: true, name: "tailrace.bench" })

/** A frame has arrived when the stream has said that it is stored. */
export const brokerOutlet = async (url: string, source: string): Promise<Outlet> => {
  const connection = await open(url)
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
  const send = (frame: Frame): Promise<void> =>
    new Promise((resolve) => {
      const token = String(++next)
      waiting.set(token, resolve)
      connection.publish(subjectOf(source, frame), frame.bytes, {
        headers: headersOf(frame),
        reply: `${inbox}.${token}`
      })
    })
  return { window, frameEvents, send }
}

/** A frame counts as arrived when the broker has read it from the socket: whether it was stored is never asked. */
export const unacknowledgedOutlet = async (url: string, source: string): Promise<Outlet> => {
  const connection = await open(url)
  const send = (frame: Frame): Promise<void> => {
    connection.publish(subjectOf(source, frame), frame.bytes, { headers: headersOf(frame) })
    return connection.flush()
  }
  return { window, frameEvents, send }
}
