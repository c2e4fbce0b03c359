// Source names of files: all generations of a log share one.
import { describe, expect, it } from "vitest"
import { sourceNameOf, stemOf } from "./source-name.ts"

describe("the source name of a file", () => {
  it.each([
    ["/var/log/nginx/access.log", "access"],
    ["/var/log/nginx/access.log.2.gz", "access"],
    ["/var/log/syslog", "syslog"],
    ["/var/log/syslog.1", "syslog"],
    ["/var/log/messages-20260119", "messages"],
    ["/srv/app.2026-01-19.log", "app"],
    ["/srv/app-2026-11-30.log", "app"],
    ["/srv/app_20261130.log.gz", "app"],
    ["/srv/app-2026-11-30.1.log", "app"],
    ["/srv/app-2026-11-30-14.log", "app"],
    ["/srv/2026-11-30.log", "2026-11-30"],
    ["/srv/node-20991399.log", "node-20991399"],
    ["/srv/file-0001.log", "file-0001"],
    ["/srv/my app>*.json", "my-app"],
    ["/srv/.log", "file"],
    ["/srv/日誌", "file"]
  ])("of %s is %s", (path, name) => {
    expect(sourceNameOf(path)).toBe(name)
  })

  it("takes no whole name away", () => {
    expect(stemOf("/srv/.1")).toBe(".1")
    expect(stemOf("/srv/app.log.10.gz")).toBe("app.log")
  })
})
