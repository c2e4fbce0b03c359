// Native block: CPU per row of writing a batch as a Native block, at 100, 50 and 10 % of rows kept.
import { LogBatch } from "@tailrace/domain/log-batch"
import { NativeBlockWriter } from "@tailrace/store/write/native-block"
import { median } from "./instruments/percentiles.ts"
import type { Question } from "./instruments/report.ts"

const rows = 20_000
const rounds = 60
const warmUp = 10

/** A batch as parsers leave it: ten fields a record, of which three become attributes. */
const sampleBatch = (keepEvery: number): LogBatch => {
  const batch = LogBatch.make({ partition: 0, rowCapacity: rows })
  const encoder = new TextEncoder()
  for (let n = 0; n < rows; n++) {
    if (n % 250 === 0) {
      batch.beginFrame({ sequence: 1 + n / 250, tenant: "default", source: "http", receivedMillis: 1_795_249_860_000 })
    }
    batch.appendRecord({
      timestamp: 1_795_249_860_000_000_000n + BigInt(n) * 50_000n,
      severityNumber: n % 17 === 0 ? 17 : 9,
      severity: n % 17 === 0 ? "ERROR" : "INFO",
      service: `service-${n % 20}`,
      host: `host-${n % 8}`,
      traceId: (n * 2_654_435_761).toString(16).padStart(32, "0"),
      body: `GET /api/v1/orders/${n} completed for user ${(n * 7919) % 100_003} with status ${n % 17 === 0 ? 500 : 200}`
    })
    for (const [key, value] of [
      ["http.method", "GET"],
      ["http.status_code", n % 17 === 0 ? "500" : "200"],
      ["duration_ms", String((n * 7919) % 997)]
    ] as const) {
      const keyBytes = encoder.encode(key)
      const valueBytes = encoder.encode(value)
      batch.attributes.append(n, keyBytes, 0, keyBytes.length, valueBytes, 0, valueBytes.length)
    }
    if (n % keepEvery !== 0) batch.drop(n, "bench")
  }
  return batch
}

const measure = (keepEvery: number): ReadonlyArray<string> => {
  const batch = sampleBatch(keepEvery)
  const writer = new NativeBlockWriter()
  const nanos: Array<number> = []
  let bytes = 0
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage()
    bytes = writer.write(batch, { ingestedAt: 1_795_249_863_000 + round, attempt: 1 }).length
    const { user, system } = process.cpuUsage(before)
    if (round >= warmUp) nanos.push(((user + system) * 1000) / batch.keptCount)
  }
  return [`${batch.keptCount} of ${rows}`, median(nanos).toFixed(0), (bytes / batch.keptCount).toFixed(0)]
}

export const nativeBlock: Question = {
  name: "native-block",
  asks: "What does writing a ClickHouse block cost?",
  answer: async () => ({
    tables: [
      {
        caption: "Columns into a Native block",
        columns: ["rows kept", "CPU ns/row", "bytes/row"],
        rows: [1, 2, 10].map(measure)
      }
    ],
    notes: []
  })
}
