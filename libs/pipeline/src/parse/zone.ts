// Zone: the time zone that timestamps without one of their own are read in.

const hourMillis = 3_600_000

/** Minutes east of UTC at a local wall-clock time (milliseconds as if it were UTC). */
export interface Zone {
  readonly name: string
  readonly offsetMinutes: (localMillis: number) => number
}

const fixedPattern = /^([+-])(\d{2}):?(\d{2})$/

const fixed = (name: string, minutes: number): Zone => ({ name, offsetMinutes: () => minutes })

/** UTC, the default zone. */
export const utc: Zone = fixed("UTC", 0)

/**
 * The zone of a name: `UTC`, `Z`, a fixed offset (`+02:00`, `-0530`) or an IANA name (`Europe/Berlin`). Answers
 * undefined for a name nobody knows. Offsets of IANA zones are looked up once per hour of local time and remembered.
 */
export const makeZone = (name: string): Zone | undefined => {
  if (name === "UTC" || name === "Z") return utc
  const match = fixedPattern.exec(name)
  if (match !== null) {
    const hours = Number(match[2])
    const minutes = Number(match[3])
    if (hours > 23 || minutes > 59) return undefined
    return fixed(name, (match[1] === "-" ? -1 : 1) * (hours * 60 + minutes))
  }
  const format = formatOf(name)
  return format === undefined ? undefined : named(name, format)
}

const formatOf = (name: string): Intl.DateTimeFormat | undefined => {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" })
  } catch {
    return undefined
  }
}

const offsetOf = (format: Intl.DateTimeFormat, millis: number): number => {
  const part = format.formatToParts(millis).find((candidate) => candidate.type === "timeZoneName")
  const match = /GMT([+-])(\d{2}):(\d{2})/.exec(part?.value ?? "")
  return match === null ? 0 : (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]))
}

const rememberedHours = 1024

const named = (name: string, format: Intl.DateTimeFormat): Zone => {
  const offsets = new Map<number, number>()
  let lastHour = Number.NaN
  let lastOffset = 0
  return {
    name,
    offsetMinutes: (localMillis) => {
      const hour = Math.floor(localMillis / hourMillis)
      if (hour === lastHour) return lastOffset
      let offset = offsets.get(hour)
      if (offset === undefined) {
        // The offset at the local time read as UTC leads to an instant near the true one; its offset is the answer.
        const guess = offsetOf(format, localMillis)
        offset = offsetOf(format, hour * hourMillis - guess * 60_000)
        if (offsets.size >= rememberedHours) offsets.clear()
        offsets.set(hour, offset)
      }
      lastHour = hour
      lastOffset = offset
      return offset
    }
  }
}
