// Compose file: docker-compose.yml as data, and everything in it that breaks the Compose specification or the house's rules.
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { readYaml } from "../libs/config/src/yaml-file.ts"

export const root = join(import.meta.dirname, "..")

export interface ComposeService {
  readonly image?: string
  readonly build?: string
  readonly command?: ReadonlyArray<string>
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: ReadonlyArray<string>
  readonly volumes?: ReadonlyArray<string>
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: { readonly test: ReadonlyArray<string>; readonly [key: string]: unknown }
  readonly restart?: string
  readonly [key: string]: unknown
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly volumes?: Readonly<Record<string, unknown>>
  readonly [key: string]: unknown
}

export const readCompose = (): ComposeFile => {
  const { problems, value } = readYaml(readFileSync(join(root, "docker-compose.yml"), "utf8"))
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  const file = value as ComposeFile
  const services = Object.entries(file.services).map(([name, service]) => [name, merged(service)])
  return { ...file, services: Object.fromEntries(services) }
}

/** A service with what `<<` takes over from elsewhere. */
const merged = ({ "<<": base, ...own }: ComposeService): ComposeService =>
  base === undefined ? own : { ...merged(base as ComposeService), ...own }

const topKeys = ["name", "services", "volumes", "networks", "configs", "secrets"]
const serviceKeys = [
  ...["image", "build", "command", "environment", "ports", "volumes", "depends_on", "healthcheck", "restart"],
  ...["stop_grace_period", "read_only", "tmpfs", "cap_drop", "security_opt", "ulimits", "user", "pids_limit"]
]
const healthKeys = ["test", "interval", "timeout", "retries", "start_period"]
const duration = /^(\d+(ms|s|m|h))+$/
const secret = /PASSWORD|TOKEN|SECRET|KEY$/

/** Every problem in words, with the service it is in. */
export const composeProblems = (file: ComposeFile): ReadonlyArray<string> => [
  ...Object.keys(file)
    .filter((key) => !topKeys.includes(key) && !key.startsWith("x-"))
    .map((key) => `unknown key ${key}`),
  ...Object.entries(file.services).flatMap(([name, service]) =>
    serviceProblems(file, service).map((problem) => `${name}: ${problem}`)
  ),
  ...doubled(Object.values(file.services).flatMap(({ ports = [] }) => ports.map(hostSide))).map(
    (port) => `port ${port} is published twice`
  )
]

const serviceProblems = (file: ComposeFile, service: ComposeService): ReadonlyArray<string> => [
  ...Object.keys(service)
    .filter((key) => !serviceKeys.includes(key))
    .map((key) => `unknown key ${key}`),
  ...imageProblems(service),
  ...hardeningProblems(service),
  ...healthProblems(service),
  ...(service.ports ?? [])
    .filter((port) => !/^127\.0\.0\.1:\d{2,5}:\d{2,5}(\/(tcp|udp))?$/.test(port))
    .map((port) => `port ${port} is not published on loopback alone`),
  ...(service.volumes ?? []).flatMap((volume) => volumeProblems(file, volume)),
  ...Object.entries(service.depends_on ?? {}).flatMap(([other, { condition }]) => [
    ...(file.services[other] === undefined ? [`depends on ${other}, which is no service`] : []),
    ...(condition === "service_healthy" ? [] : [`waits for ${other} by ${condition}, not until it is healthy`]),
    ...(reaches(file, other, service) ? [`depends on itself through ${other}`] : [])
  ]),
  ...(/^(no|always|on-failure|unless-stopped)$/.test(service.restart ?? "") ? [] : ["has no restart policy"]),
  ...Object.entries(service.environment ?? {})
    .filter(([key, value]) => secret.test(key) && !/^\$\{\w+:\?[^}]+\}$/.test(value))
    .map(([key]) => `${key} stands in the file`),
  ...(service.command ?? [])
    .filter((word) => word.endsWith(".ts") && !existsSync(join(root, word)))
    .map((word) => `runs ${word}, which does not exist`)
]

const imageProblems = ({ build, image }: ComposeService): ReadonlyArray<string> => {
  if (build !== undefined && !existsSync(join(root, build, "Dockerfile"))) return [`no Dockerfile in ${build}`]
  if (image === undefined) return ["has no image"]
  return /^[a-z0-9./-]+:\d+(\.\d+)+[a-z0-9.-]*$/.test(image) ? [] : [`image ${image} has no version`]
}

const hardeningProblems = ({ cap_drop, pids_limit, privileged, read_only, security_opt }: ComposeService) => [
  ...(read_only === true ? [] : ["its image can be written to"]),
  ...(String(cap_drop) === "ALL" ? [] : ["keeps capabilities"]),
  ...(String(security_opt) === "no-new-privileges:true" ? [] : ["may gain privileges"]),
  ...(Number(pids_limit) > 0 ? [] : ["may start any number of processes"]),
  ...(privileged === undefined ? [] : ["is privileged"])
]

const healthProblems = ({ healthcheck }: ComposeService): ReadonlyArray<string> => {
  if (healthcheck === undefined) return ["has no health check"]
  const { interval, retries, start_period, test, timeout } = healthcheck
  return [
    ...Object.keys(healthcheck)
      .filter((key) => !healthKeys.includes(key))
      .map((key) => `health check: unknown key ${key}`),
    ...(test[0] === "CMD" || (test[0] === "CMD-SHELL" && test.length === 2) ? [] : ["health check: no command"]),
    ...[interval, timeout, start_period]
      .filter((value) => !duration.test(String(value)))
      .map((value) => `health check: ${value} is no duration`),
    ...(Number.isInteger(retries) && Number(retries) > 0 ? [] : ["health check: no retries"])
  ]
}

const volumeProblems = (file: ComposeFile, volume: string): ReadonlyArray<string> => {
  const [from = "", to = "", mode] = volume.split(":")
  if (!to.startsWith("/")) return [`volume ${volume} has no absolute target`]
  if (!from.startsWith("./")) {
    return file.volumes !== undefined && from in file.volumes ? [] : [`volume ${from} is not declared`]
  }
  if (!existsSync(join(root, from))) return [`mounts ${from}, which does not exist`]
  return mode === "ro" ? [] : [`${from} can be written to`]
}

const reaches = (file: ComposeFile, from: string, goal: ComposeService, seen: ReadonlyArray<string> = []): boolean =>
  file.services[from] === goal ||
  Object.keys(file.services[from]?.depends_on ?? {}).some(
    (next) => !seen.includes(next) && reaches(file, next, goal, [...seen, from])
  )

const hostSide = (port: string): string => `${port.split(":")[1]}/${port.endsWith("/udp") ? "udp" : "tcp"}`
const doubled = (all: ReadonlyArray<string>): ReadonlyArray<string> => all.filter((one, i) => all.indexOf(one) !== i)

/** The file of this repository that a service finds at a path, mounted by itself or with its folder. */
export const mountedFile = (service: ComposeService, path: string): string | undefined => {
  for (const volume of service.volumes ?? []) {
    const [from, to] = volume.split(":") as [string, string]
    if (to === path) return join(root, from)
    if (from.startsWith(".") && path.startsWith(`${to}/`)) return join(root, from, path.slice(to.length))
  }
  return undefined
}

/** Ports inside the container that a service publishes. */
export const containerPorts = (service: ComposeService): ReadonlyArray<number> =>
  (service.ports ?? []).map((port) => Number(port.split(":")[2]?.split("/")[0]))
