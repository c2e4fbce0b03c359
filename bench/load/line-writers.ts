// Line writers: log lines of about 200 bytes in the formats of the world, random by seed.

export type Random = () => number

const services = ["checkout", "auth", "search", "cart", "billing", "gateway", "inventory", "profile", "email", "recs"]
const levels = ["info", "info", "info", "info", "info", "info", "debug", "debug", "warn", "error"]
const methods = ["GET", "GET", "GET", "POST", "PUT", "DELETE"]
const agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

/** Hosts that appear in the lines: web-0 and so on. */
const hosts = 50
/** Users that appear in the lines: u-0 and so on. */
const users = 100_000

/** What happened, told by every format in its own way. */
const makeEvent = (random: Random) => {
  const below = (limit: number) => Math.floor(random() * limit)
  const pick = (list: ReadonlyArray<string>) => list[below(list.length)] as string
  const method = pick(methods)
  const status = random() < 0.03 ? 500 : random() < 0.05 ? 404 : 200
  return {
    level: pick(levels),
    service: `${pick(services)}${random() < 0.3 ? "-v2" : ""}`,
    host: `web-${below(hosts)}`,
    traceId: Array.from({ length: 32 }, () => below(16).toString(16)).join(""),
    path: `/api/v1/orders/${below(100_000)}`,
    status,
    duration: Math.round(-Math.log(random() + 1e-9) * 400) / 10,
    method,
    user: `u-${below(users)}`,
    address: `10.0.${below(256)}.${below(256)}`,
    number: below(30_000)
  }
}

/** A stamp as each format writes it. */
const stamps = {
  iso: (millis: number): string => new Date(millis).toISOString(),
  /** Of the Common Log Format: 19/Jan/2026:10:30:00 +0000. */
  clf: (millis: number): string => {
    const [, , day, month, year, time] = /^(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(millis).toUTCString()) ?? []
    return `${day}/${month}/${year}:${time} +0000`
  },
  /** Of RFC 3164: Jan 19 10:30:00. */
  short: (millis: number): string => {
    const [, , day, month, , time] = /^(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(millis).toUTCString()) ?? []
    return `${month} ${String(Number(day)).padStart(2)} ${time}`
  },
  /** Of many applications: 2026-01-19 10:30:00.000. */
  plain: (millis: number): string => new Date(millis).toISOString().replace("T", " ").replace("Z", "")
}

interface LineWriter {
  readonly stamp: (millis: number) => string
  /** One line without its end. */
  readonly write: (random: Random, stamp: string) => string
}

export const lineWriters = {
  json: {
    stamp: stamps.iso,
    write: (random, stamp) => {
      const { duration, host, level, method, path, service, status, traceId, user } = makeEvent(random)
      return JSON.stringify({
        ts: stamp,
        level,
        service,
        host,
        trace_id: traceId,
        msg: `${method} ${path} ${status} in ${duration}ms`,
        status,
        duration_ms: duration,
        method,
        user
      })
    }
  },
  logfmt: {
    stamp: stamps.iso,
    write: (random, stamp) => {
      const { duration, host, level, method, path, service, status, traceId, user } = makeEvent(random)
      return (
        `ts=${stamp} level=${level} service=${service} host=${host} trace_id=${traceId} ` +
        `msg="${method} ${path} ${status} in ${duration}ms" status=${status} duration_ms=${duration} method=${method} user=${user}`
      )
    }
  },
  nginx: {
    stamp: stamps.clf,
    write: (random, stamp) => {
      const { address, method, number, path, service, status, user } = makeEvent(random)
      return `${address} - ${user} [${stamp}] "${method} ${path} HTTP/1.1" ${status} ${number} "https://example.com/${service}" "${agent}"`
    }
  },
  syslog: {
    stamp: stamps.iso,
    write: (random, stamp) => {
      const { address, duration, host, method, number, path, service, status, traceId } = makeEvent(random)
      return (
        `<${8 + (number % 180)}>1 ${stamp} ${host}.example.com ${service} ${number} ID47 ` +
        `[origin@32473 software="shop" ip="${address}"] ${method} ${path} ${status} in ${duration}ms for ${traceId}`
      )
    }
  },
  "syslog 3164": {
    stamp: stamps.short,
    write: (random, stamp) => {
      const { host, method, number, path, service, status, traceId } = makeEvent(random)
      return `<${8 + (number % 180)}>${stamp} ${host} ${service}[${number}]: ${method} ${path} ${status} for session ${traceId}`
    }
  },
  application: {
    stamp: stamps.plain,
    write: (random, stamp) => {
      const { duration, level, method, number, path, service, status, traceId } = makeEvent(random)
      return (
        `${stamp} ${level.toUpperCase()} [worker-${number % 16}] com.example.${service}.Handler: ` +
        `${method} ${path} ${status} for session ${traceId} after ${duration} ms`
      )
    }
  }
} as const satisfies Readonly<Record<string, LineWriter>>

/** Formats that a whole stand can be given. */
export const formats = ["json", "nginx", "logfmt", "syslog"] as const
export type Format = (typeof formats)[number]
