// Log generator: seeded, numbered log messages in the formats the world writes, for tests, benchmarks and demonstrations.
import { seededRandom } from "@tailrace/domain/seeded-random"

export const generatorFormats = ["json", "logfmt", "nginx", "syslog", "java"] as const
export type GeneratorFormat = (typeof generatorFormats)[number]

/** Writes one message; `number` is its running number from 0, `millis` its time since 1970. No line end; java may hold several lines. */
export type MessageWriter = (number: number, millis: number) => string

const services = ["checkout", "payment", "cart", "search", "auth", "gateway", "inventory", "mailer"]
const hosts = ["web-1", "web-2", "web-3", "worker-1"]
const levels = ["info", "info", "info", "info", "info", "info", "debug", "debug", "warn", "error"]
const paths = ["/", "/api/v1/orders", "/api/v1/cart", "/login", "/search", "/static/app.js", "/health"]
const methods = ["GET", "GET", "GET", "POST", "PUT"]
const messages = [
  "request completed",
  "cache miss for key",
  "connection reset by peer",
  "payment authorised",
  "user signed in",
  "retrying upstream call"
]
const exceptions = [
  "java.lang.NullPointerException",
  "java.net.SocketTimeoutException",
  "java.lang.IllegalStateException"
]
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

/** A writer of one format. The same seed and numbers give the same messages, but for their times. */
export const messageWriter = (format: GeneratorFormat, seed: number): MessageWriter => {
  const random = seededRandom(seed)
  const pick = <A>(list: ReadonlyArray<A>): A => list[Math.floor(random() * list.length)] as A
  const hex = (digits: number): string => {
    let text = ""
    while (text.length < digits)
      text += Math.floor(random() * 4294967296)
        .toString(16)
        .padStart(8, "0")
    return text.slice(0, digits)
  }
  const status = (level: string): number => (level === "error" ? 500 : level === "warn" ? 404 : 200)
  const writers: Record<GeneratorFormat, MessageWriter> = {
    json: (number, millis) => {
      const level = pick(levels)
      return JSON.stringify({
        ts: new Date(millis).toISOString(),
        level,
        service: pick(services),
        host: pick(hosts),
        trace_id: hex(32),
        msg: `${pick(messages)} ${number}`,
        status: status(level),
        duration_ms: Math.round(-Math.log(1 - random()) * 4000) / 100,
        method: pick(methods),
        number
      })
    },
    logfmt: (number, millis) => {
      const level = pick(levels)
      return `time=${new Date(millis).toISOString()} level=${level} service=${pick(services)} host=${pick(hosts)} msg="${pick(messages)} ${number}" status=${status(level)} duration=${Math.floor(random() * 900)}ms number=${number}`
    },
    nginx: (number, millis) => {
      const level = pick(levels)
      return `10.0.${Math.floor(random() * 256)}.${Math.floor(random() * 256)} - - [${clfTime(millis)}] "${pick(methods)} ${pick(paths)}?n=${number} HTTP/1.1" ${status(level)} ${Math.floor(random() * 20_000)} "https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64)"`
    },
    syslog: (number, millis) => {
      const level = pick(levels)
      const severity = level === "error" ? 3 : level === "warn" ? 4 : level === "debug" ? 7 : 6
      return `<${16 * 8 + severity}>1 ${new Date(millis).toISOString()} ${pick(hosts)} ${pick(services)} ${1000 + Math.floor(random() * 9000)} - [meta@32473 number="${number}"] ${pick(messages)} ${number}`
    },
    java: (number, millis) => {
      const level = pick(levels).toUpperCase()
      const stamp = new Date(millis).toISOString().replace("T", " ").replace(".", ",").slice(0, 23)
      const first = `${stamp} ${level} [main] com.example.${pick(services)}.Handler: ${pick(messages)} ${number}`
      if (level !== "ERROR") return first
      const frames = Array.from(
        { length: 3 + Math.floor(random() * 5) },
        (_, i) => `\tat com.example.Handler.step${i}(Handler.java:${10 + i})`
      )
      return [first, `${pick(exceptions)}: failed at ${number}`, ...frames].join("\n")
    }
  }
  return writers[format]
}

const two = (value: number): string => String(value).padStart(2, "0")

/** Time as the Common Log Format writes it, in UTC. */
const clfTime = (millis: number): string => {
  const date = new Date(millis)
  return `${two(date.getUTCDate())}/${months[date.getUTCMonth()]}/${date.getUTCFullYear()}:${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`
}
