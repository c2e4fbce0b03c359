// Finding: one thing that the doctor looked at, how it stands, what that means and what to do.

export type Status = "ok" | "warn" | "fail"

export interface Finding {
  /** Part of the system, such as "broker". */
  readonly area: string
  /** What was looked at, such as "clock". */
  readonly name: string
  readonly status: Status
  /** What was seen, in a line. */
  readonly seen: string
  /** What it means for the logs. "" when it is ok. */
  readonly meaning: string
  /** What to do about it. "" when it is ok. */
  readonly advice: string
}

/** Makes the findings of one area. */
export const findingsOf = (area: string) => {
  const make =
    (status: Status) =>
    (name: string, seen: string, meaning = "", advice = ""): Finding => ({ area, name, status, seen, meaning, advice })
  const [warn, fail] = [make("warn"), make("fail")]
  return {
    ok: (name: string, seen: string): Finding => make("ok")(name, seen),
    warn: (name: string, seen: string, meaning: string, advice: string): Finding => warn(name, seen, meaning, advice),
    fail: (name: string, seen: string, meaning: string, advice: string): Finding => fail(name, seen, meaning, advice)
  }
}

/** Bytes for people: 1.5 GiB. */
export const bytesText = (bytes: number): string => {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
  let value = bytes
  let unit = 0
  while (value >= 1_024 && unit < units.length - 1) {
    value /= 1_024
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

/** Milliseconds for people: 0.35 ms, 12 ms, 3.2 s. */
export const millisText = (millis: number): string =>
  millis >= 1_000
    ? `${(millis / 1_000).toFixed(1)} s`
    : millis >= 10
      ? `${Math.round(millis)} ms`
      : `${millis.toFixed(2)} ms`
