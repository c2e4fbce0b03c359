// Up: starts everything on this machine, says where it is found, and runs until it is stopped.

import { join } from "node:path"
import { storeCredential } from "@tailrace/access/credentials"
import { credentialsFolder } from "@tailrace/access/credentials-folder"
import { shownUrl } from "@tailrace/domain/shown-url"
import { collectByHeapLimits, collectOnceStarted } from "@tailrace/streams/collection"
import { Effect } from "effect"
import { CommandFailure, workFailure } from "../failure.ts"
import { Output } from "../terminal/output.ts"
import type { UpInput } from "../up/flags.ts"
import { startInstance } from "../up/instance.ts"
import { openDoors } from "../up/open-doors.ts"

export const run = Effect.fnUntraced(function* (input: UpInput) {
  collectByHeapLimits()
  collectOnceStarted()
  const output = yield* Output
  const begun = performance.now()
  let started = false
  yield* Effect.addFinalizer(() =>
    started ? output.line("tailrace has stopped; what it acknowledged is kept") : Effect.void
  )
  const instance = yield* startInstance(input).pipe(
    Effect.mapError((error) => (error instanceof CommandFailure ? error : workFailure(error.message)))
  )
  const { host, httpPort, syslogPort } = input
  const http = `http://${host}:${httpPort}`
  const { style } = output
  const open = openDoors(input)
  const reader = join(credentialsFolder(instance.folder.root), storeCredential("reader"))
  for (const note of instance.notes) yield* output.note(note)
  const lines = [
    style("bold", `tailrace is up after ${((performance.now() - begun) / 1_000).toFixed(1)} s`),
    `  find     ${instance.api}/graphql`,
    `  send     curl -d '{"level":"error","service":"shop","msg":"it works"}' ${http}/ingest`,
    `           syslog ${host}:${syslogPort} (UDP, TCP); publish to logs.in.default.<source> on ${shownUrl(instance.natsUrl)}`,
    `  store    ${shownUrl(instance.storeUrl)} (ClickHouse's HTTP interface, database ${instance.database})`,
    ...(input.storeUrl === "" ? [`           read it as user reader, password in ${reader}`] : []),
    `  data     ${instance.folder.root}`,
    ...(open === undefined ? [] : [style("yellow", `  open     ${open}`)])
  ]
  started = true
  yield* output.line(lines.join("\n"))
  return yield* Effect.never
}, Effect.scoped)
