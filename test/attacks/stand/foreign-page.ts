// Foreign page: what a page of another site tries on every port of this machine that it can find, as text of a script.

export interface Target {
  /** http://host:port as the page writes it; empty for the page's own origin. */
  readonly base: string
  readonly paths: ReadonlyArray<string>
  readonly bodies: ReadonlyArray<string>
}

/** What the page got to read, each in words; empty when nothing. */
export type PageReport = ReadonlyArray<string>

/* The functions below run in the browser: they are sent as their own source text. */

const attack = async (targets: ReadonlyArray<Target>): Promise<void> => {
  const read: Array<string> = []
  const patience = 3_000
  const tryFetch = async (what: string, url: string, init: RequestInit): Promise<void> => {
    try {
      const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(patience) })
      if (answer.type === "opaque" || !answer.ok) return
      read.push(`${what} ${url}: ${answer.status} ${(await answer.text()).slice(0, 80)}`)
    } catch {
      // Refused, as it should be.
    }
  }
  const settle = (open: (done: () => void) => void): Promise<void> =>
    new Promise((done) => {
      setTimeout(done, patience)
      open(done)
    })
  const tryGets = (url: string): Array<Promise<void>> => [
    tryFetch("fetch", url, {}),
    tryFetch("fetch without cors", url, { mode: "no-cors", credentials: "include" }),
    settle((done) => {
      const image = new Image()
      image.onload = image.onerror = () => done()
      image.src = url
    }),
    settle((done) => {
      const script = document.createElement("script")
      script.onload = script.onerror = () => done()
      script.src = url
      document.head.append(script)
    }),
    settle((done) => {
      const frame = document.createElement("iframe")
      frame.onload = () => done()
      frame.src = url
      document.body.append(frame)
    })
  ]
  const form = (url: string, type: string, body: string): Promise<void> =>
    settle((done) => {
      const frame = document.createElement("iframe")
      frame.name = `frame-${Math.random()}`
      document.body.append(frame)
      const made = document.createElement("form")
      made.method = "post"
      made.action = url
      made.enctype = type
      made.target = frame.name
      const input = document.createElement("input")
      input.name = body
      input.value = ""
      made.append(input)
      document.body.append(made)
      frame.onload = () => done()
      made.submit()
    })
  const tryPosts = (url: string, body: string): Array<Promise<void>> => [
    ...["text/plain", "application/x-www-form-urlencoded", "application/json", "application/x-ndjson"].map((type) =>
      tryFetch(`post of ${type}`, url, { method: "POST", body, headers: { "Content-Type": type } })
    ),
    tryFetch("post without cors", url, { method: "POST", body, mode: "no-cors", credentials: "include" }),
    tryFetch("stream", url, { method: "PUT", body }),
    settle((done) => {
      navigator.sendBeacon(url, body)
      done()
    }),
    ...["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"].map((type) => form(url, type, body))
  ]
  const trySocket = (url: string, protocol: string): Promise<void> =>
    settle((done) => {
      const socket = new WebSocket(url.replace(/^http/, "ws"), protocol)
      socket.onopen = () => {
        read.push(`socket ${url}: open`)
        socket.send('{"type":"connection_init"}')
      }
      socket.onerror = socket.onclose = () => done()
    })
  const tryEvents = (url: string): Promise<void> =>
    settle((done) => {
      const events = new EventSource(url)
      events.onopen = () => read.push(`events ${url}: open`)
      events.onerror = () => {
        events.close()
        done()
      }
    })
  for (const { base, bodies, paths } of targets) {
    const origin = base === "" ? location.origin : base
    // A few at a time: a browser opens no more than six connections to one host.
    for (const path of paths) {
      const url = origin + path
      await Promise.all([...tryGets(url), tryEvents(url), trySocket(url, "graphql-transport-ws")])
      for (const body of bodies) await Promise.all(tryPosts(url, body))
    }
  }
  await fetch("/report", { method: "POST", body: JSON.stringify(read) })
}

export const foreignPage = (targets: ReadonlyArray<Target>): string =>
  `<!doctype html><meta charset="utf-8"><title>foreign</title><body><script>(${attack.toString()})(${JSON.stringify(targets)})</script>`
