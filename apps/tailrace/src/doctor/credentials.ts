// Credentials: where the secrets of store and broker lie, and whether nobody else can read them; never the secrets.
import { credentialNames } from "@tailrace/access/credentials"
import { credentialsFolder, readCredential } from "@tailrace/access/credentials-folder"
import { Effect } from "effect"
import { type Finding, findingsOf } from "./finding.ts"

const { fail, ok } = findingsOf("credentials")

export const examineCredentials = Effect.fnUntraced(function* (dataFolder: string) {
  const folder = credentialsFolder(dataFolder)
  const findings: Array<Finding> = []
  let found = 0
  for (const name of credentialNames) {
    const read = yield* Effect.result(readCredential(dataFolder, name))
    if (read._tag === "Success") found += read.success === undefined ? 0 : 1
    else
      findings.push(
        fail(name, read.failure.message, "whoever read it may use the store as that user", "start `tailrace up` again")
      )
  }
  if (findings.length > 0) return findings
  return [
    found === 0
      ? ok("folder", `${folder} will be made at the first start`)
      : ok(
          "folder",
          `${folder}: a file for each user; people and Grafana enter the store as reader, with the text of ${reader}`
        )
  ]
})

const reader = "store-reader"
