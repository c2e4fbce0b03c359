// Tests of the broker's accounts: the file of the services is fresh, and no user hears another's answers.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { serviceAccounts } from "./broker-accounts.ts"
import { brokerRoles, permissionsOf } from "./broker-roles.ts"

it("stands in nats/accounts.conf as `npm run docs` writes it", () => {
  assert.strictEqual(readFileSync(join(import.meta.dirname, "../../../nats/accounts.conf"), "utf8"), serviceAccounts())
})

it("lets each role hear answers under its own prefix alone, and nobody hear raw or input", () => {
  for (const role of brokerRoles) {
    const { publish, subscribe } = permissionsOf(role)
    assert.deepStrictEqual(
      subscribe.filter((one) => one.startsWith("_INBOX")),
      [`_INBOX_${role}.>`]
    )
    assert.deepStrictEqual(
      subscribe.filter((one) => /^(>|logs\.(in|raw|>|\*))/.test(one)),
      []
    )
    assert.deepStrictEqual(
      publish.filter((one) => /^(>|\$JS\.>|\$JS\.API\.>|\$SYS)/.test(one)),
      []
    )
  }
})
