// Keeper: ends the processes of a stand and removes its folder when whoever started them has ended, in whatever way.
import { rmSync } from "node:fs"
import { createInterface } from "node:readline"

/** Process ids and folders as told line by line: "start 12", "end 12", "folder /tmp/x". */
const running = new Set<number>()
const folders: Array<string> = []

const input = createInterface({ input: process.stdin })
input.on("line", (line) => {
  const space = line.indexOf(" ")
  const [told, value] = [line.slice(0, space), line.slice(space + 1)]
  if (told === "start") running.add(Number(value))
  else if (told === "end") running.delete(Number(value))
  else if (told === "folder") folders.push(value)
})
input.on("close", () => {
  for (const pid of running) {
    try {
      process.kill(pid, "SIGKILL")
    } catch {
      // It has ended by itself.
    }
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})
