// Broker roles: who the users of the broker are, and the subjects that each of them may publish to and hear.
import {
  anomalySubjects,
  inputSubject,
  liveInterestSubject,
  liveSubjects,
  stateSubjects
} from "@tailrace/domain/subjects"
import { bucketDefinitions, streamDefinitions } from "./definitions.ts"
import { probeStream } from "./publish-probe.ts"

/** Processes of the product, and `operator` for the commands that look past the api. */
export const brokerRoles = ["collector", "processor", "api", "operator"] as const
export type BrokerRole = (typeof brokerRoles)[number]

export interface SubjectPermissions {
  readonly publish: ReadonlyArray<string>
  readonly subscribe: ReadonlyArray<string>
}

/** Where anybody publishes, whatever the tenant and the source. */
export const inputSubjects = inputSubject("*", "*")

/** What answers to a role's requests come under, so that no other role hears them. */
export const inboxPrefixOf = (role: string): string => `_INBOX_${role}`

const answersOf = (role: BrokerRole): string => `${inboxPrefixOf(role)}.>`

const streams = [
  ...streamDefinitions(1).map(({ name }) => name),
  ...bucketDefinitions.map(({ bucket }) => `KV_${bucket}`)
]

/** Reading the raw stream by a consumer that is gone with its reader. */
const readRaw = [
  "$JS.API.STREAM.INFO.raw",
  "$JS.API.CONSUMER.LIST.raw",
  // The client asks here for a consumer of several subjects, whatever its name.
  "$JS.API.CONSUMER.CREATE.raw",
  ...["CREATE", "INFO", "MSG.NEXT", "DELETE"].map((verb) => `$JS.API.CONSUMER.${verb}.raw.>`)
]

const permissions: Readonly<Record<BrokerRole, SubjectPermissions>> = {
  collector: { publish: [inputSubjects, ...readRaw], subscribe: [answersOf("collector")] },
  processor: {
    publish: [
      "$JS.API.INFO",
      ...streams.flatMap((stream) => [
        ...["CREATE", "UPDATE", "INFO", "PURGE", "MSG.GET"].map((verb) => `$JS.API.STREAM.${verb}.${stream}`),
        `$JS.API.DIRECT.GET.${stream}`,
        `$JS.API.DIRECT.GET.${stream}.>`,
        `$JS.API.CONSUMER.LIST.${stream}`,
        ...["CREATE", "DURABLE.CREATE", "INFO", "MSG.NEXT", "DELETE", "RESET", "UNPIN"].map(
          (verb) => `$JS.API.CONSUMER.${verb}.${stream}.>`
        ),
        `$JS.ACK.${stream}.>`
      ]),
      ...bucketDefinitions.map(({ bucket }) => `$KV.${bucket}.>`),
      ...["parsed", "filtered", "enriched", "stored"].map((stage) => `logs.${stage}.*`),
      ...["panes", "anomalies", "alerts"].map((kind) => `logs.${kind}.>`),
      "owners.*.*",
      liveSubjects,
      stateSubjects
    ],
    subscribe: [answersOf("processor"), liveInterestSubject, stateSubjects]
  },
  api: {
    publish: [inputSubjects, liveInterestSubject, "$JS.API.DIRECT.GET.owners.owners.cut.*"],
    subscribe: [answersOf("api"), liveSubjects, anomalySubjects, stateSubjects, "owners.cut.*"]
  },
  operator: {
    publish: [
      inputSubjects,
      "$JS.API.INFO",
      "$JS.API.STREAM.LIST",
      "$JS.API.STREAM.INFO.*",
      "$JS.API.CONSUMER.LIST.*",
      ...readRaw,
      `$JS.API.STREAM.CREATE.${probeStream}`,
      `$JS.API.STREAM.DELETE.${probeStream}`,
      probeStream
    ],
    subscribe: [answersOf("operator"), stateSubjects]
  }
}

export const permissionsOf = (role: BrokerRole): SubjectPermissions => permissions[role]
