// Browser: Debian's Chromium without a window, whose every foreign name leads to a server of the attack.
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http"
import { type AddressInfo, connect, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Duplex } from "node:stream"

/** Path of Chromium, undefined where there is none. */
export const chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync)

const flags = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-default-apps"]
]

const listen = (server: Server): Promise<number> =>
  new Promise((listening) => {
    server.listen(0, "127.0.0.1", () => listening((server.address() as AddressInfo).port))
  })

/**
 * Opens one page and resolves with what it posts to /report of its own site, parsed. Names of the page's site lead to
 * `site`; every other name (rebound ones) leads to 127.0.0.1 at the port asked for, as a name does that an attacker points
 * there after the page was loaded. Addresses and localhost are reached without this detour.
 */
export const openPage = async <Report>(
  url: string,
  site: (request: IncomingMessage, response: ServerResponse) => void,
  isSite: (url: URL) => boolean
): Promise<Report> => {
  const report = Promise.withResolvers<Report>()
  const proxy = createServer((asked, response) => {
    const address = new URL(asked.url ?? "/", "http://proxy")
    if (isSite(address) && address.pathname === "/report") {
      void readText(asked).then((text) => report.resolve(JSON.parse(text) as Report), report.reject)
      response.end()
    } else if (isSite(address)) site(asked, response)
    else forward(address, asked, response)
  })
  proxy.on("connect", (asked: IncomingMessage, socket: Duplex) => tunnel(asked, socket))
  const port = await listen(proxy)
  const profile = mkdtempSync(join(tmpdir(), "tailrace-chromium-"))
  const child = spawn(
    chromium as string,
    [...flags, `--user-data-dir=${profile}`, `--proxy-server=http://127.0.0.1:${port}`, url],
    { stdio: "ignore", detached: true }
  )
  const ended = new Promise<void>((done) => child.once("exit", () => done()))
  void ended.then(() => report.reject(new Error("chromium ended before its page reported")))
  try {
    return await report.promise
  } finally {
    endGroup(child)
    await ended
    proxy.closeAllConnections()
    proxy.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

const readText = async (stream: IncomingMessage): Promise<string> => {
  let text = ""
  for await (const chunk of stream) text += String(chunk)
  return text
}

const forward = ({ pathname, port, search }: URL, asked: IncomingMessage, response: ServerResponse): void => {
  const onward = request({
    host: "127.0.0.1",
    port: port || "80",
    method: asked.method ?? "GET",
    path: pathname + search,
    headers: asked.headers
  })
  onward.on("response", (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  onward.on("error", () => response.destroy())
  asked.pipe(onward)
}

const tunnel = (asked: IncomingMessage, socket: Duplex): void => {
  const onward: Socket = connect(Number(asked.url?.split(":")[1]), "127.0.0.1", () => {
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n")
    onward.pipe(socket).pipe(onward)
  })
  onward.on("error", () => socket.destroy())
  socket.on("error", () => onward.destroy())
}

/** The browser with all its processes, which are a group of their own. */
const endGroup = ({ pid }: ChildProcess): void => {
  if (pid !== undefined) process.kill(-pid, "SIGKILL")
}
