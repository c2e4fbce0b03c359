// Store: version, schema, disks, parts and merges, as the doctor judges them.
import { unconfined } from "@tailrace/store/front/spawn"
import type { MigrationState } from "@tailrace/store/migrations"
import type { StoreSurvey } from "@tailrace/store/read/survey"
import { bytesText, type Finding, findingsOf } from "./finding.ts"
import { storeFloorBytes } from "./machine.ts"

const { fail, ok, warn } = findingsOf("store")

/** ClickHouse slows inserts from 1,000 parts of a partition on and refuses them at 3,000 (parts_to_delay_insert, parts_to_throw_insert). */
const manyParts = 500
const tooManyParts = 1_000
const longMergeSeconds = 600

/** What the store's own process is kept from, as `up` tells it. */
export const judgeConfinement = (told: string): Finding =>
  told.startsWith(unconfined)
    ? warn(
        "confinement",
        told,
        "a way around the lists of what SQL may do would reach the files of this user",
        "run it on Linux 5.13 or newer with Landlock, or in a container that has nothing else"
      )
    : ok("confinement", told)

export const judgeStore = (facts: StoreSurvey): ReadonlyArray<Finding> => {
  const findings = [ok("version", `${facts.version}, up for ${Math.round(facts.uptimeSeconds)} s`)]
  for (const disk of facts.disks) {
    const seen = `${bytesText(disk.freeBytes)} free of ${bytesText(disk.totalBytes)}`
    const advice = "free space, or drop old days: ALTER TABLE logs DROP PARTITION"
    if (disk.freeBytes < storeFloorBytes)
      findings.push(fail(`disk ${disk.name}`, seen, "inserts are refused below 1 GiB; logs wait in the broker", advice))
    else if (disk.freeBytes < 5 * storeFloorBytes)
      findings.push(warn(`disk ${disk.name}`, seen, "inserts are refused below 1 GiB", advice))
    else findings.push(ok(`disk ${disk.name}`, seen))
  }
  const most = facts.mostParts
  if (most === undefined) findings.push(ok("parts", "none yet"))
  else {
    const seen = `at most ${most.parts} in a partition (${most.table})`
    const advice =
      "raise `batch` in the pipeline file, so that inserts are fewer and larger, or give the store more CPU to merge"
    if (most.parts >= tooManyParts)
      findings.push(fail("parts", seen, "inserts are slowed down on purpose, and refused at 3,000", advice))
    else if (most.parts >= manyParts)
      findings.push(
        warn("parts", seen, "merges do not keep up with inserts; from 1,000 on inserts are slowed down", advice)
      )
    else findings.push(ok("parts", seen))
  }
  const merges = `${facts.merges} under way, the longest for ${Math.round(facts.longestMergeSeconds)} s`
  findings.push(
    facts.longestMergeSeconds > longMergeSeconds
      ? warn(
          "merges",
          merges,
          "a merge this long holds disk space twice and keeps parts waiting",
          "look at system.merges; a slow or full disk is the usual reason"
        )
      : ok("merges", merges)
  )
  findings.push(
    facts.unsynced.length === 0
      ? ok("fsync", "tables sync their parts before an insert is answered")
      : warn(
          "fsync",
          `${facts.unsynced.join(", ")} write without fsync`,
          "a power failure can lose rows whose frames were acknowledged and trimmed",
          "ALTER TABLE ... MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1"
        )
  )
  return findings
}

export const judgeMigrations = (states: ReadonlyArray<MigrationState>): ReadonlyArray<Finding> => {
  const named = (state: MigrationState["state"]): string =>
    states
      .filter((one) => one.state === state)
      .map(({ name }) => name)
      .join(", ")
  const [changed, pending, unknown] = [named("changed"), named("pending"), named("unknown")]
  const findings: Array<Finding> = []
  if (changed !== "")
    findings.push(
      fail(
        "schema",
        `${changed} changed after it was applied`,
        "the processor refuses to start",
        "restore the file and put the change into a new migration"
      )
    )
  if (pending !== "")
    findings.push(
      warn(
        "schema",
        `${pending} not applied`,
        "the tables are older than this release",
        "start a processor with setUp: true"
      )
    )
  if (unknown !== "")
    findings.push(
      warn(
        "schema",
        `${unknown} applied and not known here`,
        "a newer release has used this store",
        "use that release, or a newer one"
      )
    )
  if (findings.length === 0) findings.push(ok("schema", `${states.length} migrations applied`))
  return findings
}
