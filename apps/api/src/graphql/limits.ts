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

type MeasuredLimits = Pick<ApiLimits, "depth" | "aliases" | "cost" | "pageSize">

interface Measure {
  depth: number
  aliases: number
  cost: number
}

/** Fields below a list count once per this many of its `first`. */
const listShare = 10

/**
 * A validation rule that refuses operations deeper, wider or dearer than the limits, with code LIMIT. Cost: each field is 1,
 * times a tenth of the `first` of every list above it; a `first` given by a variable counts as the largest page.
 * Introspection is bounded by graphql's own rule.
 */
export const limitsRule =
  (limits: MeasuredLimits): ValidationRule =>
  (context) => ({
    OperationDefinition: (operation) => {
      const fragments = new Map<string, FragmentDefinitionNode>()
      for (const definition of context.getDocument().definitions) {
        if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
      }
      const measure: Measure = { depth: 0, aliases: 0, cost: 0 }
      measureSelections(operation.selectionSet, { fragments, limits, measure, path: [] }, 1, 1)
      const refuse = (what: string): void =>
        context.reportError(
          new GraphQLError(`the operation ${what}: ask for less at once`, {
            nodes: operation,
            extensions: { code: "LIMIT" }
          })
        )
      if (measure.depth > limits.depth) refuse(`nests deeper than ${limits.depth} fields`)
      if (measure.aliases > limits.aliases) refuse(`has more than ${limits.aliases} aliases`)
      if (measure.cost > limits.cost) refuse(`costs more than ${limits.cost} (fields, times a tenth of each first)`)
    }
  })

interface Walk {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly limits: MeasuredLimits
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
      if (selection.name.value.startsWith("__")) continue
      measure.depth = Math.max(measure.depth, depth)
      if (selection.alias !== undefined) measure.aliases++
      measure.cost += times
      const first = selection.arguments?.find((argument) => argument.name.value === "first")
      if (selection.selectionSet !== undefined)
        measureSelections(selection.selectionSet, walk, depth + 1, times * listSize(first?.value, limits.pageSize))
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

const listSize = (value: ValueNode | undefined, pageSize: number): number => {
  if (value === undefined || (value.kind !== Kind.INT && value.kind !== Kind.VARIABLE)) return 1
  return Math.max(1, (value.kind === Kind.INT ? Number(value.value) : pageSize) / listShare)
}
