// Tests of kernel drops: the kernel's table of UDP sockets read as it is written.
import { describe, expect, it } from "vitest"
import { readUdpTable } from "./kernel-drops.ts"

const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  412: 0100007F:158A 00000000:0000 07 00000000:00000A80 00:00000000 00000000  1000        0 51234 2 0000000000000000 24056
  413: 0100007F:158B 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 51235 2 0000000000000000 7
  998: 00000000:158A 00000000:0000 07 00000000:00000000 00:00000000 00000000  1001        0 61234 2 0000000000000000 1
`

describe("the kernel's table of UDP sockets", () => {
  it("tells drops and waiting bytes of each socket of a port", () => {
    expect(readUdpTable(table, 5_514)).toEqual([
      { inode: "51234", waitingBytes: 2_688, drops: 24_056 },
      { inode: "61234", waitingBytes: 0, drops: 1 }
    ])
    expect(readUdpTable(table, 1)).toEqual([])
    expect(readUdpTable("", 5_514)).toEqual([])
  })
})
