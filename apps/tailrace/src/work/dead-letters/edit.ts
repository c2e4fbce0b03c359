// Edit: gives a letter other bytes for its next replay, from an editor or a file.
import { spawn } from "node:child_process"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileProblem } from "@tailrace/config/file-problem"
import { Config, Effect, Option } from "effect"
import { usageFailure, workFailure } from "../../failure.ts"
import { graphqlRequest } from "../../graphql-request.ts"
import { Output } from "../../terminal/output.ts"
import { readLetter } from "./letter.ts"

const fileWork = <A>(doing: string, work: () => Promise<A>) =>
  Effect.tryPromise({ try: work, catch: (cause) => workFailure(`cannot ${doing}: ${fileProblem(cause)}`) })

interface EditInput {
  readonly id: string
  readonly input: Option.Option<string>
  readonly output: Option.Option<string>
  readonly api: string
}

export const run = Effect.fnUntraced(function* (input: EditInput) {
  const output = yield* Output
  const letter = yield* readLetter(input.api, input.id, output)
  const present = Buffer.from(letter.edited ?? letter.payload, "base64")
  if (Option.isSome(input.output)) {
    const path = input.output.value
    yield* fileWork(`write ${path}`, () => writeFile(path, present))
    return yield* output.line(`wrote ${present.length} bytes to ${path}`)
  }
  const bytes = Option.isSome(input.input) ? yield* readBytes(input.input.value) : yield* fromEditor(present)
  if (bytes.length === 0) return yield* usageFailure("the edited payload is empty: drop the letter instead")
  if (bytes.equals(present)) return yield* output.line("nothing was changed")
  yield* graphqlRequest({
    url: input.api,
    document: "mutation ($id: ID!, $payload: String!) { editDeadLetter(id: $id, payload: $payload) { id } }",
    variables: { id: input.id, payload: bytes.toString("base64") },
    style: output.style
  })
  yield* output.line(
    `${input.id} has ${bytes.length} new bytes; replay it with: tailrace dead-letters replay ${input.id}`
  )
})

const readBytes = (path: string) => fileWork(`read ${path}`, () => readFile(path))

/** What the person's editor leaves in a temporary file. */
const fromEditor = (present: Uint8Array) =>
  Effect.scoped(
    Effect.gen(function* () {
      const editor = yield* Config.String("VISUAL").pipe(
        Config.orElse(() => Config.String("EDITOR")),
        Effect.mapError(() => usageFailure("no editor is set: set EDITOR, or give the new bytes with --input"))
      )
      const folder = yield* Effect.acquireRelease(
        fileWork("make a temporary folder", () => mkdtemp(join(tmpdir(), "tailrace-edit-"))),
        (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
      )
      const path = join(folder, "payload")
      yield* fileWork(`write ${path}`, () => writeFile(path, present))
      yield* Effect.callback<void, ReturnType<typeof workFailure>>((resume) => {
        // An editor's variable may hold flags, so a shell takes it apart; the path is an argument of its own.
        const child = spawn("sh", ["-c", `${editor} "$1"`, "sh", path], { stdio: "inherit" })
        child.once("error", (cause) => resume(Effect.fail(workFailure(`cannot run ${editor}: ${cause.message}`))))
        child.once("exit", (code) =>
          resume(
            code === 0 ? Effect.void : Effect.fail(workFailure(`${editor} ended with ${code}, nothing was changed`))
          )
        )
      })
      return yield* readBytes(path)
    })
  )
