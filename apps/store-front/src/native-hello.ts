// Native hello: the answer to the first query of clickhouse-go over HTTP, with which Grafana's data source begins.

const varint = (value: number): Buffer => {
  const bytes: Array<number> = []
  let rest = value
  while (rest >= 128) {
    bytes.push((rest & 127) | 128)
    rest >>>= 7
  }
  bytes.push(rest)
  return Buffer.from(bytes)
}

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value)
  return Buffer.concat([varint(bytes.length), bytes])
}

const column = (name: string, type: string, data: Buffer): Buffer =>
  // The zero says: no custom serialization.
  Buffer.concat([text(name), text(type), Buffer.from([0]), data])

export const isHello = (sql: string, params: URLSearchParams): boolean =>
  params.has("client_protocol_version") && /^\s*SELECT\s+displayName\(\),\s*version\(\),\s*revision\(\)/i.test(sql)

/**
 * One Native block as revisions after 54453 write it (block info, then columns with a serialization flag), because
 * that is what the client reads this first answer with. It says revision 0, so all later blocks are read in the
 * plain layout, the one the engine writes.
 */
export const helloBlock = (version: string, timezone: string): Buffer =>
  Buffer.concat([
    // Block info: field 1 is_overflows 0, field 2 bucket_num -1, end.
    Buffer.from([1, 0, 2, 255, 255, 255, 255, 0]),
    varint(4),
    varint(1),
    column("displayName()", "String", text("tailrace")),
    column("version()", "String", text(version)),
    column("revision()", "UInt32", Buffer.alloc(4)),
    column("timezone()", "String", text(timezone))
  ])
