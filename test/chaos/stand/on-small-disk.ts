// On a small disk: services of which one keeps its data on a disk of its own, which a test can fill and empty again.
import { SmallDisk } from "@tailrace/testing/small-disk"
import { type Services, type ServicesOptions, services } from "./services.ts"

/** The disk is made with the services, at the start of a case, and goes with them. */
export const onSmallDisk = (
  role: "broker" | "store" | "collector" | "archive",
  megabytes: number,
  options: ServicesOptions
) => {
  let disk: SmallDisk | undefined
  const start = (): Promise<Services> =>
    services({
      ...options,
      prepare: (folders) => {
        disk = new SmallDisk(folders[role], megabytes)
      },
      cleanUp: () => disk?.remove()
    })
  return { start, fill: (leave: number) => disk?.fill(leave), empty: () => disk?.empty() }
}
