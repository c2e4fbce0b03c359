// Limits: what an operation may ask for at most: depth, aliases and cost, checked before it runs.
import {
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationRule,
  type ValueNode
} from "graphql"
import type { ApiLimits } from "../config.ts"

interface Measure {
  depth: number
  aliases: number
  cost: number
}

/** Lists without a `first` of their own are taken to hold this many. */
const listGuess = 1

/**
 * A validation rule that refuses operations deeper, wider or dearer than the limits, with code LIMIT. Cost: each field is 1,
 * times the `first` of every list above it. Introspection is measured for depth with fragments but has no cost.
 */
export const limitsRule =
  (limits: Pick<ApiLimits, "depth" | "aliases" | "cost">): ValidationRule =>
  (context) => ({
    OperationDefinition: (operation) => {
      const fragments = new Map<string, FragmentDefinitionNode>()
      for (const definition of context.getDocument().definitions) {
        if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
      }
      const measure: Measure = { depth: 0, aliases: 0, cost: 0 }
      measureSelections(operation.selectionSet, { fragments, limits, measure, path: [] }, 1, 1)
      const refuse = (what: string, is: number, most: number): void =>
        context.reportError(
          new GraphQLError(
            `the operation has ${what} ${is >= most * 2 ? `of more than ${most}` : is}, at most ${most} is allowed: ask for less at once`,
            {
              nodes: operation,
              extensions: { code: "LIMIT" }
            }
          )
        )
      if (measure.depth > limits.depth) refuse("a depth of", measure.depth, limits.depth)
      if (measure.aliases > limits.aliases) refuse("aliases:", measure.aliases, limits.aliases)
      if (measure.cost > limits.cost) refuse("a cost of", measure.cost, limits.cost)
    }
  })

interface Walk {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly limits: Pick<ApiLimits, "depth" | "aliases" | "cost">
  readonly measure: Measure
  /** Names of the fragments being walked, against circles. */
  readonly path: ReadonlyArray<string>
}

const measureSelections = (selections: SelectionSetNode, walk: Walk, depth: number, times: number): void => {
  const { limits, measure } = walk
  for (const selection of selections.selections) {
    // Once anything is too much, the rest need not be walked: fragments can make it exponential.
    if (measure.cost > limits.cost || measure.aliases > limits.aliases || measure.depth > limits.depth) return
    if (selection.kind === Kind.FIELD) {
      const introspection = selection.name.value.startsWith("__")
      if (introspection) continue
      measure.depth = Math.max(measure.depth, depth)
      if (selection.alias !== undefined) measure.aliases++
      measure.cost += times
      const first = selection.arguments?.find((argument) => argument.name.value === "first")
      if (selection.selectionSet !== undefined)
        measureSelections(selection.selectionSet, walk, depth + 1, times * listSize(first?.value))
    } else if (selection.kind === Kind.INLINE_FRAGMENT) measureSelections(selection.selectionSet, walk, depth, times)
    else {
      const name = selection.name.value
      const fragment = walk.fragments.get(name)
      if (fragment !== undefined && !walk.path.includes(name)) {
        measureSelections(fragment.selectionSet, { ...walk, path: [...walk.path, name] }, depth, times)
      }
    }
  }
}

/** Pages given by variables are bounded by the page size alone. */
const listSize = (value: ValueNode | undefined): number =>
  value?.kind === Kind.INT ? Math.max(1, Math.min(Number(value.value), 1_000_000) / 10) : listGuess
