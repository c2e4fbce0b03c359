// Cost: how many fields and reads of the store an operation asks for, counted with its coerced variables, before it runs.
import {
  type ExecutionArgs,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLDirective,
  GraphQLError,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLNamedType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  getNullableType,
  getOperationAST,
  getVariableValues,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode
} from "graphql"
import type { ApiLimits } from "../config.ts"
import { apiError } from "../questions/failure.ts"

interface Cost {
  readonly fields: number
  /** Reads of the store. */
  readonly reads: number
}

interface Walk {
  readonly schema: GraphQLSchema
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly variables: Readonly<Record<string, unknown>>
  /** What each fragment costs once, by the page it is in. */
  readonly known: Map<string, Cost>
}

/** What asking for the schema counts as, in fields: it takes some milliseconds of the process. */
const introspectionFields = 40_000

/** Rows of a list whose field says nothing about them. */
const rowsUnsaid = 100

/**
 * Why an operation is too dear, with code LIMIT. Each field is 1, times the `first` of the page it is in. A field of the root,
 * and each whose extension `reads` says so, reads the store.
 */
export const costProblem = (
  args: ExecutionArgs,
  { cost: mostFields, reads: mostReads }: Pick<ApiLimits, "cost" | "reads">
): GraphQLError | undefined => {
  const operation = getOperationAST(args.document, args.operationName)
  const root = operation == null ? undefined : args.schema.getRootType(operation.operation)
  if (operation == null || root == null) return undefined
  // The values that resolvers will get: defaults filled in, and null where a client gave it.
  const { coerced } = getVariableValues(args.schema, operation.variableDefinitions ?? [], args.variableValues ?? {}, {
    maxErrors: 1
  })
  // Wrong variables end the operation before anything is resolved.
  if (coerced === undefined) return undefined
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of args.document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  const walk: Walk = { schema: args.schema, fragments, variables: coerced, known: new Map() }
  const { fields, reads } = costOf(operation.selectionSet, root, undefined, walk)
  const problem =
    fields > mostFields
      ? `the operation asks for more than ${mostFields} fields, those of a list times its first: ask for fewer records or fields`
      : reads > mostReads
        ? `the operation needs ${reads} reads of the store, at most ${mostReads} are allowed: ask for less at once`
        : undefined
  return problem === undefined
    ? undefined
    : new GraphQLError(problem, { nodes: operation, extensions: { code: "LIMIT" } })
}

/** `page` is the `first` of the page that the selections are in. Fragments have no circles by now: the document is valid. */
const costOf = (
  selections: SelectionSetNode,
  type: GraphQLNamedType | undefined,
  page: number | undefined,
  walk: Walk
): Cost => {
  let fields = 0
  let reads = 0
  for (const selection of selections.selections) {
    if (!isAsked(selection, walk)) continue
    const cost =
      selection.kind === Kind.FIELD
        ? costOfField(selection, type, page, walk)
        : selection.kind === Kind.INLINE_FRAGMENT
          ? costOf(selection.selectionSet, typeNamed(selection.typeCondition?.name.value, walk) ?? type, page, walk)
          : costOfFragment(selection.name.value, page, walk)
    fields += cost.fields
    reads += cost.reads
  }
  return { fields, reads }
}

const costOfField = (
  node: FieldNode,
  type: GraphQLNamedType | undefined,
  page: number | undefined,
  walk: Walk
): Cost => {
  const name = node.name.value
  if (name.startsWith("__")) return { fields: name === "__typename" ? 1 : introspectionFields, reads: 0 }
  const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined
  if (field === undefined) return { fields: 1, reads: 0 }
  const own = pageOf(field, node, walk)
  const reads = readsOf(field, type, walk)
  if (node.selectionSet === undefined) return { fields: 1, reads }
  const isList = isListType(getNullableType(field.type))
  // Lists within the rows of a list are short ones, such as the stages of a pipeline.
  const inPage = own ?? page ?? (isList ? rowsUnsaid : undefined)
  const inner = costOf(node.selectionSet, getNamedType(field.type), inPage, walk)
  const rows = Math.max(1, own ?? (isList && page === undefined ? rowsUnsaid : 1))
  return {
    fields: 1 + rows * inner.fields,
    // Reads beside a list happen once, those within it for each of its rows.
    reads: reads + (isList ? Math.max(1, own ?? page ?? rowsUnsaid) : 1) * inner.reads
  }
}

const costOfFragment = (name: string, page: number | undefined, walk: Walk): Cost => {
  const key = `${name} ${page}`
  const known = walk.known.get(key)
  if (known !== undefined) return known
  const fragment = walk.fragments.get(name)
  const type = typeNamed(fragment?.typeCondition.name.value, walk)
  const cost = fragment === undefined ? { fields: 0, reads: 0 } : costOf(fragment.selectionSet, type, page, walk)
  walk.known.set(key, cost)
  return cost
}

const typeNamed = (name: string | undefined, { schema }: Walk): GraphQLNamedType | undefined =>
  name === undefined ? undefined : schema.getType(name)

/** Rows of the page that the field asks for; its default where `first` is left out or null, undefined where it has none. */
const pageOf = (field: GraphQLField<unknown, unknown>, node: FieldNode, walk: Walk): number | undefined => {
  const argument = field.args.find(({ name }) => name === "first")
  if (argument === undefined) return undefined
  const fallback = typeof argument.defaultValue === "number" ? argument.defaultValue : rowsUnsaid
  try {
    const { first } = getArgumentValues(field, node, walk.variables)
    return typeof first === "number" ? first : fallback
  } catch {
    // A wrong argument ends the field before it reads.
    return fallback
  }
}

const readsOf = (
  field: GraphQLField<unknown, unknown>,
  type: GraphQLNamedType | undefined,
  { schema }: Walk
): number => {
  const said = field.extensions.reads
  if (typeof said === "number") return said
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].some((root) => root === type)
    ? 1
    : 0
}

const isAsked = (node: SelectionNode, { variables }: Walk): boolean => {
  const told = (directive: GraphQLDirective) => getDirectiveValues(directive, node, variables)?.if
  return told(GraphQLSkipDirective) !== true && told(GraphQLIncludeDirective) !== false
}

/** The error of an operation that GraphQL itself has no words for. */
export const tooManyOperations = (most: number): GraphQLError =>
  apiError("LIMIT", `at most ${most} operations may run on one WebSocket: end one first`)
