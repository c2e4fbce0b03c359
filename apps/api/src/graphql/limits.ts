// Limits: how deep an operation may be and how many aliases it may have, checked before it runs.
import { type FragmentDefinitionNode, GraphQLError, Kind, type SelectionSetNode, type ValidationRule } from "graphql"
import type { ApiLimits } from "../config.ts"

interface Measure {
  readonly depth: number
  readonly aliases: number
}

/**
 * A validation rule that refuses operations deeper or with more aliases than the limits, with code LIMIT. Introspection
 * counts for aliases only; GraphQL's own rules bound its depth.
 */
export const limitsRule =
  (limits: Pick<ApiLimits, "depth" | "aliases">): ValidationRule =>
  (context) => ({
    OperationDefinition: (operation) => {
      const fragments = new Map<string, FragmentDefinitionNode>()
      for (const definition of context.getDocument().definitions) {
        if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
      }
      const { aliases, depth } = measure(operation.selectionSet, { fragments, known: new Map(), open: new Set() })
      const refuse = (problem: string): void =>
        context.reportError(new GraphQLError(problem, { nodes: operation, extensions: { code: "LIMIT" } }))
      if (depth > limits.depth) {
        refuse(`the operation is ${depth} fields deep, at most ${limits.depth} are allowed: ask for less at once`)
      }
      if (aliases > limits.aliases) {
        refuse(`the operation has ${aliases} aliases, at most ${limits.aliases} are allowed: ask for less at once`)
      }
    }
  })

interface Walk {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  /** Each fragment is measured once, however often it is spread: otherwise spreads of spreads take exponential time. */
  readonly known: Map<string, Measure>
  /** Fragments being measured, against circles. */
  readonly open: Set<string>
}

const nothing: Measure = { depth: 0, aliases: 0 }

const measure = (selections: SelectionSetNode, walk: Walk): Measure => {
  let depth = 0
  let aliases = 0
  for (const selection of selections.selections) {
    if (selection.kind === Kind.FIELD) {
      const below = selection.selectionSet === undefined ? nothing : measure(selection.selectionSet, walk)
      aliases += below.aliases + (selection.alias === undefined ? 0 : 1)
      if (!selection.name.value.startsWith("__")) depth = Math.max(depth, below.depth + 1)
    } else {
      const part =
        selection.kind === Kind.INLINE_FRAGMENT
          ? measure(selection.selectionSet, walk)
          : measureFragment(selection.name.value, walk)
      aliases += part.aliases
      depth = Math.max(depth, part.depth)
    }
  }
  return { depth, aliases }
}

const measureFragment = (name: string, walk: Walk): Measure => {
  const known = walk.known.get(name)
  if (known !== undefined) return known
  const fragment = walk.fragments.get(name)
  if (fragment === undefined || walk.open.has(name)) return nothing
  walk.open.add(name)
  const measured = measure(fragment.selectionSet, walk)
  walk.open.delete(name)
  walk.known.set(name, measured)
  return measured
}
