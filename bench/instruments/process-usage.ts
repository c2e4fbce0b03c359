// Process usage: CPU seconds and resident memory of processes, as the kernel counts them.
import { readFileSync } from "node:fs"

/** Length of the kernel's accounting tick; 100 a second on every Linux that Node runs on. */
const ticksPerSecond = 100

/** CPU seconds a process has used so far, in user and kernel mode, all its threads together; 0 when it is gone. */
export const cpuSecondsOf = (pid: number): number => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  } catch {
    return 0
  }
}

/** CPU seconds of all processes that this one has started and that have ended, with those they had waited for. */
export const cpuSecondsOfEnded = (): number => {
  const stat = readFileSync("/proc/self/stat", "utf8")
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond
}

const kilobytesOf = (pid: number, field: string): number => {
  try {
    const found = new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))
    return found === null ? 0 : Number(found[1])
  } catch {
    return 0
  }
}

/** Resident memory of a process in MB; 0 when it is gone. */
export const residentMegabytesOf = (pid: number): number => kilobytesOf(pid, "VmRSS") / 1024

/** Memory of a process in MB with a page that several share counted in parts; 0 when it is gone. Linux only. */
export const ownMegabytesOf = (pid: number): number => {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

/** How much of resident memory is pages of mapped files, such as its program and libraries, which the system may drop at any time. */
export const mappedMegabytesOf = (pid: number): number => kilobytesOf(pid, "RssFile") / 1024
