// Tests of the runtime folder: which folders of fronts of before it removes.
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { decodeFrontOptions } from "@tailrace/store/front/options"
import { expect, it } from "vitest"
import { makeRuntimeFolder } from "./runtime-folder.ts"

it("removes folders of fronts that are gone, also of one that had this process' number, and no others", () => {
  const spoolDir = mkdtempSync(join(tmpdir(), "tailrace-runtime-"))
  try {
    // As in a container that is started again: its processes get the same numbers each time.
    const [gone, before] = [`tailrace-front-999999999-aaaaaa`, `tailrace-front-${process.pid}-bbbbbb`]
    const others = [`tailrace-front-${process.ppid}-cccccc`, "tailrace-other"]
    for (const name of [gone, before, ...others]) mkdirSync(join(spoolDir, name))
    const made = makeRuntimeFolder(decodeFrontOptions({ dataDir: "unused", spoolDir }))
    expect(readdirSync(spoolDir).map((name) => join(spoolDir, name))).toEqual(
      expect.arrayContaining([made, ...others.map((name) => join(spoolDir, name))])
    )
    expect(readdirSync(spoolDir)).toHaveLength(3)
  } finally {
    rmSync(spoolDir, { recursive: true, force: true })
  }
})
