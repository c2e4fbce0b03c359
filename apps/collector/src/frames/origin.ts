// Origin: what the messages of one frame have in common.
import { type Admission, blocking } from "./admission.ts"

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
  /** What is done while the pipelines lag behind. */
  readonly admission: Admission
  /** Name of the source's component, for metrics. */
  readonly component: string
  /** Messages with the same key share frames. */
  readonly key: string
}

/** Without an admission its senders wait. */
export const makeOrigin = (parts: Omit<Origin, "key" | "admission"> & { readonly admission?: Admission }): Origin => {
  const { admission = blocking, attributes, codec, component, layout, patient, source, tenant } = parts
  const { whenFull } = admission
  const key = JSON.stringify([component, tenant, source, codec, layout, patient, whenFull, attributes])
  return { ...parts, admission, key }
}
