// Broker accounts: who may do what at the broker, as the part of its configuration that says so.
import type { BrokerUser } from "@tailrace/access/credentials"
import { brokerRoles, inboxPrefixOf, inputSubjects, permissionsOf, type SubjectPermissions } from "./broker-roles.ts"

/** Looks at the broker itself, in its system account. */
const healthPermissions: SubjectPermissions = {
  publish: ["$SYS.REQ.SERVER.PING.HEALTHZ", "$SYS.REQ.SERVER.PING.VARZ"],
  subscribe: [`${inboxPrefixOf("health")}.>`]
}

/** Publishes input from outside and nothing else. Answers come as its client wants, so several can hear each other's. */
const publisherPermissions: SubjectPermissions = { publish: [inputSubjects], subscribe: ["_INBOX.>"] }

export interface AccountsOptions {
  /** How a user shows who it is: the configuration's words, such as `user: collector, password: $NATS_COLLECTOR`. */
  readonly identity: (user: BrokerUser) => string
  /** Password of the user `publisher`, in the configuration's words. */
  readonly publisherPassword: string
  /** Whether a connection without credentials is `publisher`; otherwise there is none. */
  readonly open: boolean
}

/**
 * Three accounts. TAILRACE has the streams and the product's users; EDGE is where outside publishers are, whose input reaches
 * the raw stream through an import; SYS tells of the broker itself. What an account does not import it neither hears nor reaches.
 */
export const accountsConfig = ({ identity, open, publisherPassword }: AccountsOptions): string =>
  [
    "accounts {",
    "  TAILRACE {",
    "    jetstream: enabled",
    `    exports: [{ service: ${quoted(inputSubjects)}, accounts: [EDGE] }]`,
    "    users: [",
    ...brokerRoles.map((role) => userText(identity(role), permissionsOf(role))),
    "    ]",
    "  }",
    "  EDGE {",
    `    imports: [{ service: { account: TAILRACE, subject: ${quoted(inputSubjects)} } }]`,
    "    # Of 4,096 connections, so that strangers leave some to the product.",
    "    limits { max_connections: 1024, max_subscriptions: 16384 }",
    "    users: [",
    userText(`user: publisher, password: ${publisherPassword}`, publisherPermissions),
    "    ]",
    "  }",
    "  SYS {",
    "    users: [",
    userText(identity("health"), healthPermissions),
    "    ]",
    "  }",
    "}",
    "system_account: SYS",
    ...(open ? ["no_auth_user: publisher"] : []),
    ""
  ].join("\n")

/** The accounts with passwords from the environment, as nats/accounts.conf has them for the services of the compose file. */
export const serviceAccounts = (): string =>
  [
    "# Accounts of the broker where the product runs as separate services; services.conf includes it. Each password comes from",
    "# the environment. Written by `npm run docs` from libs/streams/src/broker-accounts.ts, which says why.",
    accountsConfig({
      identity: (user) => `user: ${user}, password: ${passwordOf(user)}`,
      publisherPassword: passwordOf("publisher"),
      open: false
    })
  ].join("\n")

const passwordOf = (user: string): string => `$TAILRACE_NATS_${user.toUpperCase()}_PASSWORD`

const userText = (identity: string, { publish, subscribe }: SubjectPermissions): string =>
  [
    `      { ${identity}, permissions {`,
    ...listText("publish", publish),
    ...listText("subscribe", subscribe),
    "      } }"
  ].join("\n")

const listText = (what: string, subjects: ReadonlyArray<string>): ReadonlyArray<string> => [
  `        ${what} { allow: [`,
  ...subjects.map((subject) => `          ${quoted(subject)}`),
  "        ] }"
]

const quoted = (text: string): string => JSON.stringify(text)
