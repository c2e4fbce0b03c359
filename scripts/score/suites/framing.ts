// The suite framing: streams of syslog over TCP, with octet counting and without.
import { SyslogStream } from "../../../apps/collector/src/framing/syslog-stream.ts"
import { compared, type Suite } from "../suite.ts"

interface Case {
  readonly descr: string
  readonly input: string
  readonly max_message_length?: number
  readonly best_effort?: ReadonlyArray<{ readonly message?: { readonly priority: number } }>
}

const file = "syslog/framing.json"

export const framing: Suite = {
  name: "framing",
  asks: "Every message that a lenient receiver finds in a stream is found, in order (RFC 6587).",
  wanted: 100,
  needs: () => [file],
  run: async (data) => {
    const corpus = data.json<Readonly<Record<"octet_counting" | "non_transparent", ReadonlyArray<Case>>>>(file)
    const counted = corpus.octet_counting.map((one) => {
      // What is no message is kept as it came, between those that are.
      const wanted = (one.best_effort ?? []).flatMap(({ message }) => (message === undefined ? [] : [message.priority]))
      const found = inOrder(wanted, messagesOf(one).map(priorityOf))
      return compared(one.descr, "octet counting", [["priorities", wanted.join(" "), found.join(" ")]])
    })
    const lines = corpus.non_transparent.map((one) => {
      const wanted = one.input.split("\n").filter((line) => line !== "")
      return compared(one.descr, "line ends", [["messages", wanted.join("\n"), messagesOf(one).join("\n")]])
    })
    return [...counted, ...lines]
  }
}

const messagesOf = ({ input, max_message_length }: Case): ReadonlyArray<string> => {
  const messages: Array<string> = []
  const stream = new SyslogStream(max_message_length ?? 8192, {
    message: (message) => messages.push(Buffer.from(message).toString()),
    incomplete: () => undefined
  })
  const bytes = Buffer.from(input)
  for (let at = 0; at < bytes.length; at += 1000) stream.push(bytes.subarray(at, at + 1000))
  stream.end()
  return messages
}

const priorityOf = (message: string): number => Number(/^<(\d+)>/.exec(message)?.[1] ?? Number.NaN)

/** As many of the wanted ones as stand in the list in their order. */
const inOrder = (wanted: ReadonlyArray<number>, list: ReadonlyArray<number>): ReadonlyArray<number> => {
  let at = 0
  for (const one of list) if (one === wanted[at]) at++
  return wanted.slice(0, at)
}
