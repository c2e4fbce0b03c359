// MakeEntry: an entry of a list in a configuration, `{ type: ..., ... }`, made by the component of a catalogue that it names.
import type { Component, ComponentKind } from "@tailrace/domain/component"
import { Effect, Result, type Schema } from "effect"
import { decodeWith } from "./config-decode.ts"
import type { ConfigProblem } from "./yaml-file.ts"

/** Why a component cannot be made: the key of its entry, and what is wrong with it. */
export interface EntryProblem {
  readonly key: string
  readonly message: string
}

// biome-ignore lint/suspicious/noExplicitAny: entries of a catalogue differ in configuration; each decodes its own
export type EntryComponent<A> = Component<ComponentKind, any, A, EntryProblem, never>

/** A component that could be made, or what is wrong with its entry. */
export type Made<A> = { readonly value: A } | { readonly problems: ReadonlyArray<ConfigProblem> }

export interface MadeEntry<A> {
  readonly made: A
  readonly config: Record<string, unknown>
  readonly type: string
}

/** Finds the component an entry names by `type`, decodes the entry and makes it; also answers the decoded entry. */
export const makeEntry = <A>(
  catalogue: ReadonlyArray<EntryComponent<A>>,
  entry: Readonly<Record<string, unknown>>,
  path: ReadonlyArray<string | number>
): Effect.Effect<Made<MadeEntry<A>>> =>
  Effect.suspend((): Effect.Effect<Made<MadeEntry<A>>> => {
    const component = catalogue.find((one) => one.name === entry.type)
    if (component === undefined) {
      const known = catalogue.map((one) => one.name).join(", ")
      const message =
        entry.type === undefined
          ? `type is missing, one of ${known}`
          : `no type ${JSON.stringify(entry.type)}, there are ${known}`
      return Effect.succeed({ problems: [{ path: [...path, "type"], message }] })
    }
    const decoded = decodeWith(component.config as Schema.ConstraintDecoder<unknown>, entry, path)
    if (Result.isFailure(decoded)) return Effect.succeed({ problems: decoded.failure })
    const config = decoded.success as Record<string, unknown>
    return component.make(config).pipe(
      Effect.map((made): Made<MadeEntry<A>> => ({ value: { made, config, type: component.name } })),
      Effect.catch((error) =>
        Effect.succeed<Made<MadeEntry<A>>>({ problems: [{ path: [...path, error.key], message: error.message }] })
      )
    )
  })
