// Stand: a running Tailrace that a chaos case torments: where it takes records, what it has stored, which processes it is.

export interface Stand {
  /** Folder of its own, gone with it. */
  readonly folder: string
  /** Address of the collector's http source. */
  readonly collector: string
  /** File that the collector follows. */
  readonly followed: string
  /** Addresses of broker and store themselves, past every proxy. */
  readonly natsUrl: string
  readonly storeUrl: string
  /** Variables by which a command enters both. */
  readonly environment: Readonly<Record<string, string>>
  /** Process ids by role, such as main, broker, store; only those that run now. */
  readonly pids: () => Readonly<Record<string, number>>
  /** kill -9 of a role; resolves when it is gone and, where nobody else starts it again, ready again. */
  readonly kill: (role: string) => Promise<void>
  /** Rows of a query, from the store itself. */
  readonly select: <Row>(query: string) => Promise<ReadonlyArray<Row>>
  /** The last lines its processes printed. */
  readonly output: () => string
  /** Ends all of it and removes its folder. */
  readonly remove: () => Promise<void>
}

/** Windows so late that every record counts in its own, whichever way in it came and whenever it was repeated. */
export const pipelineText = `name: chaos
metrics:
  - { type: count, name: records, by: [service], size: 1m, lateness: 2h }
`

/** Process id of a role that has to run. */
export const pidOf = (stand: Stand, role: string): number => {
  const pid = stand.pids()[role]
  if (pid === undefined) throw new Error(`no ${role} runs`)
  return pid
}

/** Rows from ClickHouse's HTTP interface. */
export const selectFrom = async <Row>(
  url: string,
  query: string,
  headers: Readonly<Record<string, string>> = {}
): Promise<ReadonlyArray<Row>> => {
  const address = `${url}/?database=tailrace&default_format=JSON`
  const response = await fetch(address, { method: "POST", body: query, headers, signal: AbortSignal.timeout(10_000) })
  if (!response.ok) throw new Error(await response.text())
  return ((await response.json()) as { data: ReadonlyArray<Row> }).data
}
