// Cost: how many fields an operation asks for, counted with its variables, before it runs.
import {
  type ExecutionArgs,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type SelectionSetNode,
  type ValueNode
} from "graphql"

interface Walk {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly variables: Readonly<Record<string, unknown>>
  /** Pages that root fields have when no `first` is given. */
  readonly pages: ReadonlyMap<string, number>
  readonly most: number
  /** What each fragment costs once. */
  readonly known: Map<string, number>
}

/** Why an operation is too dear, with code LIMIT: each field is 1, times the `first` of the list it is in. */
export const costProblem = (args: ExecutionArgs, most: number): GraphQLError | undefined => {
  const operation = getOperationAST(args.document, args.operationName)
  if (operation == null) return undefined
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of args.document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  const walk: Walk = {
    fragments,
    variables: args.variableValues ?? {},
    pages: pagesOf(args.schema),
    most,
    known: new Map()
  }
  const cost = costOf(operation.selectionSet, walk, true)
  if (cost <= most) return undefined
  return new GraphQLError(
    `the operation asks for more than ${most} fields, those of a list times its first: ask for fewer records or fields`,
    { nodes: operation, extensions: { code: "LIMIT" } }
  )
}

/** Fragments have no circles by now: the document is valid. */
const costOf = (selections: SelectionSetNode, walk: Walk, root: boolean): number => {
  let cost = 0
  for (const selection of selections.selections) {
    if (selection.kind === Kind.FIELD) {
      cost++
      if (selection.selectionSet === undefined || selection.name.value.startsWith("__")) continue
      const first = selection.arguments?.find((argument) => argument.name.value === "first")
      const size = root ? (sizeOf(first?.value, walk) ?? walk.pages.get(selection.name.value) ?? 1) : 1
      cost += Math.max(1, size) * costOf(selection.selectionSet, walk, false)
    } else if (selection.kind === Kind.INLINE_FRAGMENT) cost += costOf(selection.selectionSet, walk, root)
    else cost += costOfFragment(selection.name.value, walk, root)
  }
  return cost
}

const costOfFragment = (name: string, walk: Walk, root: boolean): number => {
  const known = walk.known.get(name)
  if (known !== undefined) return known
  const fragment = walk.fragments.get(name)
  const cost = fragment === undefined ? 0 : costOf(fragment.selectionSet, walk, root)
  walk.known.set(name, cost)
  return cost
}

const sizeOf = (value: ValueNode | undefined, walk: Walk): number | undefined => {
  if (value?.kind === Kind.INT) return Number(value.value)
  if (value?.kind !== Kind.VARIABLE) return undefined
  const given = walk.variables[value.name.value]
  return typeof given === "number" ? given : undefined
}

const pagesOf = (schema: GraphQLSchema): ReadonlyMap<string, number> => {
  const fields = Object.values(schema.getQueryType()?.getFields() ?? {})
  return new Map(
    fields.flatMap(({ args, name }) => {
      const page = args.find((arg) => arg.name === "first")?.defaultValue
      return typeof page === "number" ? [[name, page] as const] : []
    })
  )
}
