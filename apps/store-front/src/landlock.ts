// Landlock: the Linux kernel's way for a process without privileges to give up files, addresses and programs for good.
// Numbers and structures are those of the kernel's include/uapi/linux/landlock.h.

import { closeSync, openSync, statSync } from "node:fs"
import { createRequire } from "node:module"
import type { Confinement } from "@tailrace/store/front/front-message"

/** What is left to the process; places that do not exist are passed over. */
export interface Room {
  /** Programs, with the loader they need. */
  readonly run: ReadonlyArray<string>
  readonly read: ReadonlyArray<string>
  /** Files and folders, with all below. */
  readonly write: ReadonlyArray<string>
  /** Folders from which an empty folder may be removed. */
  readonly tidy: ReadonlyArray<string>
  /** 0 is any that is free. */
  readonly port: number
}

interface Kernel {
  /** A failure is below zero. */
  readonly call: (number: bigint, a: bigint, b: bigint, c: bigint, d: bigint) => number
  readonly addressOf: (bytes: Buffer) => bigint
  readonly prctl: (option: number, a: bigint, b: bigint, c: bigint, d: bigint) => number
  readonly fcntl: (fd: number, command: number, value: number) => number
}

const createRuleset = 444n
const addRule = 445n
const restrictSelf = 446n
const ruleOfPath = 1n
const ruleOfPort = 2n
const noNewPrivileges = 38
const setDescriptorFlags = 2
/** O_PATH: a handle on the place, without opening it. */
const asPlace = 0o10000000

const execute = 1n
const write = 2n
const read = 4n
const readFolder = 8n
const truncate = 1n << 14n
const removeFolder = 1n << 4n
/** Making, removing and moving of all but devices and sockets. */
const change = removeFolder | (1n << 5n) | (1n << 7n) | (1n << 8n) | (1n << 10n) | (1n << 12n) | (1n << 13n)
/** Of what is no folder. */
const ofFiles = execute | write | read | truncate
const bindPort = 1n
const connectPort = 2n
/** Sockets without a file, and signals, of processes outside. */
const scopes = 3n

/** Undefined where there is no such kernel, or a Node that cannot call it. */
const openKernel = (): Kernel | undefined => {
  if (process.platform !== "linux" || (process.arch !== "x64" && process.arch !== "arm64")) return undefined
  try {
    const { dlopen, getRawPointer } = createRequire(import.meta.url)("node:ffi") as typeof import("node:ffi")
    const { functions } = dlopen(null, {
      syscall: { arguments: ["u64", "u64", "u64", "u64", "u64"], return: "i64" },
      prctl: { arguments: ["i32", "u64", "u64", "u64", "u64"], return: "i32" },
      fcntl: { arguments: ["i32", "i32", "i32"], return: "i32" }
    })
    return {
      call: (...given) => Number(functions.syscall(...given)),
      addressOf: getRawPointer,
      prctl: functions.prctl,
      fcntl: functions.fcntl
    }
  } catch {
    return undefined
  }
}

const words = (...values: ReadonlyArray<bigint>): Buffer => {
  const bytes = Buffer.alloc(values.length * 8)
  for (const [at, value] of values.entries()) bytes.writeBigUInt64LE(value, at * 8)
  return bytes
}

/** Accesses to files that a version knows; those that it does not stay free. */
const fileAccesses = (version: number): bigint =>
  (1n << (version >= 5 ? 16n : version >= 3 ? 15n : version >= 2 ? 14n : 13n)) - 1n

/**
 * Restricts this thread and all that comes of it, through execve too, which leaves descriptors in `keep` open. Answers what
 * holds from then on, or the reason why nothing does.
 */
export const confineThread = (room: Room, keep: ReadonlyArray<number>): Confinement => {
  const kernel = openKernel()
  if (kernel === undefined)
    return { reason: `Node ${process.version} on ${process.platform} ${process.arch} knows no way` }
  const version = kernel.call(createRuleset, 0n, 0n, 1n, 0n)
  if (version < 1) return { reason: "the kernel has no Landlock" }
  const files = fileAccesses(version)
  const rules = words(files, version >= 4 ? bindPort | connectPort : 0n, version >= 6 ? scopes : 0n)
  // Older kernels take a shorter structure.
  const size = version >= 6 ? 24n : version >= 4 ? 16n : 8n
  const ruleset = kernel.call(createRuleset, kernel.addressOf(rules), size, 0n, 0n)
  if (ruleset < 0) return { reason: "the kernel refused a Landlock ruleset" }
  try {
    allowPlaces(kernel, ruleset, room.run, (execute | read) & files)
    allowPlaces(kernel, ruleset, room.read, (read | readFolder) & files)
    allowPlaces(kernel, ruleset, room.write, (read | readFolder | write | truncate | change) & files)
    allowPlaces(kernel, ruleset, room.tidy, removeFolder & files)
    if (version >= 4) allow(kernel, ruleset, ruleOfPort, words(bindPort, BigInt(room.port)))
    if (kernel.prctl(noNewPrivileges, 1n, 0n, 0n, 0n) !== 0) return { reason: "the kernel refused no_new_privs" }
    if (kernel.call(restrictSelf, BigInt(ruleset), 0n, 0n, 0n) !== 0)
      return { reason: "the kernel refused to restrict" }
  } finally {
    closeSync(ruleset)
  }
  for (const fd of keep) kernel.fcntl(fd, setDescriptorFlags, 0)
  return {
    holds: `Landlock ${version}: files${version >= 4 ? ", no connections" : ""}${version >= 6 ? ", no signals" : ""}`
  }
}

const allowPlaces = (kernel: Kernel, ruleset: number, paths: ReadonlyArray<string>, accesses: bigint): void => {
  for (const path of paths) {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found === undefined) continue
    const place = openSync(path, asPlace)
    const rule = Buffer.alloc(12)
    rule.writeBigUInt64LE(found.isDirectory() ? accesses : accesses & ofFiles, 0)
    rule.writeInt32LE(place, 8)
    try {
      allow(kernel, ruleset, ruleOfPath, rule)
    } finally {
      closeSync(place)
    }
  }
}

const allow = (kernel: Kernel, ruleset: number, kind: bigint, rule: Buffer): void => {
  if (kernel.call(addRule, BigInt(ruleset), kind, kernel.addressOf(rule), 0n) !== 0) {
    throw new Error("the kernel refused a Landlock rule")
  }
}
