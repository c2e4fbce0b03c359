// Origin: what the messages of one frame have in common.
export interface Origin {
  readonly tenant: string
  readonly source: string
  /** Codec the parse stage is told. */
  readonly codec: string
  readonly layout: "lines" | "prefixed"
  /** Attributes of every record, such as the peer's address. */
  readonly attributes: Readonly<Record<string, string>>
  /**
   * Whether a refused frame is held and repeated until it is taken (sources that cannot be told no: syslog, files,
   * stdin), or its submitters are told (http).
   */
  readonly patient: boolean
  /** Name of the source's component, for metrics. */
  readonly component: string
  /** Messages with the same key share frames. */
  readonly key: string
}

export const makeOrigin = (parts: Omit<Origin, "key">): Origin => {
  const { attributes, codec, component, layout, patient, source, tenant } = parts
  return { ...parts, key: JSON.stringify([component, tenant, source, codec, layout, patient, attributes]) }
}
