// Every source under the conformance suite, over real sockets, streams and files.
// @effect-diagnostics strictEffectProvide:off -- a test is an entry point
import { createSocket } from "node:dgram"
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import { Health } from "@tailrace/telemetry/health"
import { Metrics } from "@tailrace/telemetry/metrics"
import { waitFor } from "@tailrace/testing/wait-until"
import { Effect, Layer, Schema, type Scope } from "effect"
import { openSources } from "../open-sources.ts"
import type { Source } from "../source.ts"
import { FileConfig } from "./file/file-config.ts"
import { fileSource } from "./file.ts"
import { HttpConfig, http } from "./http.ts"
import { type Sender, type SourceUnderTest, sourceConformance, type World } from "./source.harness.ts"
import { open as openStdin, StdinConfig } from "./stdin.ts"
import { SyslogConfig, syslog } from "./syslog.ts"

const services = Layer.merge(Health.layer, Metrics.layerBare)
const linesOf = (messages: ReadonlyArray<string>) => messages.map((message) => `${message}\n`).join("")

const run = (world: World, source: Effect.Effect<Source>, folder = "") =>
  Effect.flatMap(source, (made) =>
    Effect.map(
      openSources([made], ({ name }) => ({ ...world.context(name), folder, now: () => Date.now() })),
      (listening) => listening[made.name] ?? {}
    )
  ).pipe(Effect.provide(services))

const senderOf = <E>(
  port: Effect.Effect<{ readonly port?: number }, E, Scope.Scope>,
  send: (port: number, messages: ReadonlyArray<string>) => Promise<boolean>
) => Effect.map(port, ({ port = 0 }): Sender => ({ send: (messages) => send(port, messages) }))

const overHttp: SourceUnderTest = {
  name: "http",
  answers: true,
  start: (world) =>
    senderOf(run(world, http.make(Schema.decodeSync(HttpConfig)({ port: 0 }))), async (port, messages) => {
      const answer = await fetch(`http://127.0.0.1:${port}/ingest`, {
        method: "POST",
        headers: { "content-type": "text/plain" },
        body: linesOf(messages)
      })
      await answer.text()
      return answer.status === 202
    })
}

const overTcp: SourceUnderTest = {
  name: "syslog (tcp)",
  answers: true,
  endsAtNul: true,
  start: (world) =>
    senderOf(
      run(world, syslog.make(Schema.decodeSync(SyslogConfig)({ port: 0, udp: false }))),
      (port, messages) =>
        new Promise((resolve) => {
          const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true })
          // The source ends its side when everything is acknowledged.
          socket
            .on("end", () => resolve(true))
            .on("error", () => resolve(false))
            .resume()
          socket.end(linesOf(messages))
        })
    )
}

const overUdp: SourceUnderTest = {
  name: "syslog (udp)",
  answers: false,
  start: (world) =>
    senderOf(
      run(world, syslog.make(Schema.decodeSync(SyslogConfig)({ port: 0, tcp: false }))),
      async (port, messages) => {
        const socket = createSocket("udp4")
        for (const message of messages) await new Promise((resolve) => socket.send(message, port, "127.0.0.1", resolve))
        socket.close()
        return true
      }
    )
}

const overFile: SourceUnderTest = {
  name: "file",
  answers: true,
  start: (world) =>
    Effect.gen(function* () {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "tailrace-conformance-"))),
        (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
      )
      const path = join(folder, "a.log")
      writeFileSync(path, "")
      const config = Schema.decodeSync(FileConfig)({ path, pollMillis: 20 })
      yield* run(world, Effect.succeed(fileSource([config])), folder)
      let written = 0
      /** What the last line of the checkpoints says; a file's yes is its checkpoint. */
      const checkpointed = () =>
        Number(
          /"offset":(\d+)/.exec(
            readFileSync(join(folder, "checkpoints"), "utf8").trimEnd().split("\n").at(-1) ?? ""
          )?.[1]
        )
      return {
        send: async (messages) => {
          const text = linesOf(messages)
          appendFileSync(path, text)
          written += Buffer.byteLength(text)
          const upTo = written
          await waitFor(checkpointed, (offset) => offset >= upTo, { timeoutMillis: 20_000 })
          return true
        }
      }
    })
}

const overStdin: SourceUnderTest = {
  name: "stdin",
  answers: true,
  start: (world) =>
    Effect.gen(function* () {
      const stream = new PassThrough()
      yield* Effect.provide(openStdin(Schema.decodeSync(StdinConfig)({}), world.context("stdin"), stream), services)
      const accepted = /tailrace_collector_messages_total\{source="stdin"\} (\d+)/
      let sent = 0
      return {
        send: async (messages) => {
          sent += messages.length
          const upTo = sent
          stream.write(linesOf(messages))
          await waitFor(
            async () => Number(accepted.exec(await world.metrics.registry.metrics())?.[1] ?? 0),
            (count) => count >= upTo
          )
          return true
        }
      }
    })
}

for (const source of [overHttp, overTcp, overUdp, overFile, overStdin]) sourceConformance(source)
