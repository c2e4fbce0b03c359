// Pair: the stand of services with a second processor that shares the partitions with the first.
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { freePort } from "@tailrace/testing/free-port"
import { Service } from "./service.ts"
import { type Services, type ServicesOptions, services } from "./services.ts"

export interface Pair extends Services {
  /** Both processors, each with the address of its status server. */
  readonly pair: ReadonlyArray<{ readonly service: Service; readonly status: string }>
}

/** The stand of services with a second processor of the same configuration, whose way to the store is its own. */
export const startPair = async (options: ServicesOptions = {}): Promise<Pair> => {
  const stand = await services(options)
  try {
    const path = join(stand.folder, "processor.json")
    const config = JSON.parse(readFileSync(path, "utf8"))
    const port = await freePort()
    const own = join(stand.folder, "second.json")
    const { store } = JSON.parse(readFileSync(join(stand.folder, "api.json"), "utf8"))
    writeFileSync(own, JSON.stringify({ ...config, store, status: { port } }))
    const statusOf = (of: number) => `http://127.0.0.1:${of}`
    const second = new Service({
      name: "second processor",
      command: process.execPath,
      arguments: [join(import.meta.dirname, "../../../apps/processor/src/main.ts"), own],
      folder: stand.folder,
      ready: () => answers(`${statusOf(port)}/health/ready`)
    })
    await second.start()
    const pids = () => ({ ...stand.pids(), ...(second.pid === undefined ? {} : { second: second.pid }) })
    const pair = [
      { service: stand.processes.processor, status: statusOf(config.status.port) },
      { service: second, status: statusOf(port) }
    ]
    const remove = async () => {
      await second.end("SIGKILL")
      await stand.remove()
    }
    const output = () => `${stand.output()}\n${second.output}`
    return { ...stand, pair, pids, remove, output }
  } catch (cause) {
    await stand.remove()
    throw cause
  }
}

/** Whether something is well at that address. */
export const answers = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(1_000) }).then(
    (response) => response.ok,
    () => false
  )
