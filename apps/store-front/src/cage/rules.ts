// Rules: which statements may run, judged by their syntax tree and by the form in which the engine prints them.
import { type Token, tokens } from "../lexer.ts"
import { allowedAggregates, allowedFunctions } from "./functions.ts"
import {
  allowedAlterations,
  allowedEngines,
  allowedStorageWords,
  allowedSystem,
  allowedTableFunctions
} from "./names.ts"
import { setLists, unquoted } from "./set-lists.ts"
import { allowedSettings } from "./settings.ts"
import { nameOf, nodesOf, type SyntaxNode } from "./syntax-tree.ts"

/** What the engine knows, in lower case; to tell a name that is refused from one that does not exist. */
export interface EngineNames {
  readonly functions: ReadonlySet<string>
  readonly tableFunctions: ReadonlySet<string>
  readonly settings: ReadonlySet<string>
}

/** Why a statement may not run: a kind for its code, and words. */
export interface Objection {
  readonly kind: "denied" | "setting" | "unknown-function" | "unknown-setting"
  readonly words: string
}

export interface Judgement {
  readonly objection: Objection | undefined
  /** Whether it only answers rows or sets something for its own connection. */
  readonly reads: boolean
  /** Tables of the database `system` it looks into, lower case. */
  readonly systemTables: ReadonlySet<string>
}

const reading =
  /^(?:Select(?:WithUnion|IntersectExcept)?Query|DescribeQuery|Show\w*|Exists\w*|UseQuery|Set|Explain EXPLAIN(?: AST| SYNTAX| QUERY TREE| PLAN| PIPELINE| ESTIMATE)?)\b/
const writing =
  /^(?:InsertQuery|CreateQuery|CreateIndexQuery|DropIndexQuery|DropQuery|TruncateQuery|AlterQuery|DeleteQuery|UpdateQuery|OptimizeQuery|Rename|KillQueryQuery|CheckQuery|SYSTEM query)\b/
const shown =
  /^Show(?:Tables|Columns|Indexes|Functions|Engine\w*|Setting|Create(?:Table|View|Database)\w*|ProcesslistQuery)\b/
/** Parts of statements that lead out, live on by themselves, or act for somebody else. */
const leadingOut =
  /^(?:Dictionary|FunctionWithKeyValueArguments|Refresh strategy|View SQL Security|BackupQuery|ParallelWith|AttachQuery|DetachQuery)/

export const systemDatabases = new Set(["system", "information_schema"])

const denied = (words: string): Objection => ({ kind: "denied", words })
const instead = "run a ClickHouse server of your own for what leads out of the store"

/** `printed` is the statement as the engine prints it. */
export const judge = (root: SyntaxNode, printed: string, known: EngineNames): Judgement => {
  const all = [...tokens(printed)]
  const systemTables = new Set<string>()
  const objection =
    objectToKind(root, printed) ??
    objectToNodes(root, known, systemTables) ??
    objectToHidden(root, all) ??
    objectToPrinted(root, all, printed, known)
  return { objection, reads: reading.test(root.text), systemTables }
}

const objectToKind = (root: SyntaxNode, printed: string): Objection | undefined => {
  const { text } = root
  if (!reading.test(text) && !writing.test(text)) return denied(`statements of this kind are not served, ${instead}`)
  if (text.startsWith("Show") && !shown.test(text))
    return denied("this kind of SHOW is not served, ask for tables, columns or settings")
  if (text.startsWith("SYSTEM") && !allowedSystem.test(printed.slice("SYSTEM ".length))) {
    return denied("of SYSTEM only START MERGES and STOP MERGES are served")
  }
  if (text.startsWith("Explain") && root.children.some((child) => child.text !== "Set" && !reading.test(child.text))) {
    return denied("EXPLAIN is served for statements that read")
  }
  // A format or a file that stands where the front has not seen it.
  const stray =
    root.text.startsWith("Select") && root.children.find(({ text: part }) => /^(?:Identifier|Literal)\b/.test(part))
  return stray
    ? denied("FORMAT and INTO OUTFILE are not understood where they stand, put FORMAT at the end")
    : undefined
}

const objectToNodes = (root: SyntaxNode, known: EngineNames, systemTables: Set<string>): Objection | undefined => {
  for (const node of nodesOf(root)) {
    if (leadingOut.test(node.text)) return denied(`${node.text.split(" (")[0]} is not served, ${instead}`)
    const objection =
      objectToFunction(node, known) ?? objectToIdentifier(root, node, known, systemTables) ?? objectToAlteration(node)
    if (objection !== undefined) return objection
  }
  return undefined
}

const objectToFunction = (node: SyntaxNode, known: EngineNames): Objection | undefined => {
  const name = nameOf(node, "Function")?.toLowerCase()
  if (name === undefined) return undefined
  const above = node.parent?.text ?? ""
  if (above.startsWith("TableExpression") || above.startsWith("InsertQuery") || above.startsWith("CreateQuery")) {
    const fits = above.startsWith("TableExpression") && allowedTableFunctions.has(name)
    return fits ? undefined : denied(`table function ${name} is not allowed here, ${instead}`)
  }
  if (isAllowedFunction(name) || allowedStorageWords.has(name)) return undefined
  if (above.startsWith("Storage definition")) {
    return allowedEngines.has(name) ? undefined : denied(`engine ${name} is not allowed here, ${instead}`)
  }
  return refusedFunction(name, known)
}

const refusedFunction = (name: string, known: EngineNames): Objection =>
  isKnown(name, known)
    ? denied(`function ${name} is not allowed here, ${instead}`)
    : { kind: "unknown-function", words: `Unknown function ${name.slice(0, 128)}` }

const isKnown = (name: string, known: EngineNames): boolean =>
  known.tableFunctions.has(name) || bases(name).some((base) => known.functions.has(base))

export const isAllowedFunction = (name: string): boolean =>
  allowedFunctions.has(name) || bases(name).some((base) => allowedAggregates.has(base))

const combinators =
  /(?:if|array|map|simplestate|state|merge|foreach|distinct|ordefault|ornull|resample|argmin|argmax|tuple|null)$/

/** The name, and what is left of it without one combinator after the other. */
const bases = (name: string): Array<string> => {
  const found = [name]
  for (let rest = name; combinators.test(rest); ) {
    rest = rest.replace(combinators, "")
    found.push(rest)
  }
  return found
}

/** A function may be named without brackets, as in arrayMap(f, x); a table may stand behind IN. */
const objectToIdentifier = (
  root: SyntaxNode,
  node: SyntaxNode,
  known: EngineNames,
  systemTables: Set<string>
): Objection | undefined => {
  const table = nameOf(node, "TableIdentifier")
  const name = (table ?? nameOf(node, "Identifier"))?.toLowerCase()
  if (name === undefined) return undefined
  const [database = "", ...rest] = name.split(".")
  const onItsOwn = rest.length === 0 && systemDatabases.has(database)
  if (onItsOwn && (root.text.startsWith("UseQuery") || (writing.test(root.text) && node.parent === root))) {
    return denied(`database ${database} is not to be used or changed, name its tables in full: system.tables`)
  }
  if (rest.length > 0 && systemDatabases.has(database)) systemTables.add(rest.join("."))
  if (table === undefined && known.functions.has(name) && !isAllowedFunction(name)) {
    return denied(
      `${name} is the name of a function that is not allowed here, a column of that name is written with its table: t.${name}`
    )
  }
  return undefined
}

const objectToAlteration = (node: SyntaxNode): Objection | undefined => {
  const name = nameOf(node, "AlterCommand")
  if (name === undefined || allowedAlterations.has(name)) return undefined
  return denied(`ALTER TABLE ... ${name.replaceAll("_", " ")} is not served, ${instead}`)
}

/** Before a tree is asked for, since the engine heeds the settings of what it explains. */
export const objectToSettings = (all: ReadonlyArray<Token>, known: EngineNames): Objection | undefined => {
  for (const name of setLists(all).flat()) {
    // The parameters of a session are no settings.
    const objection = name.startsWith("param_") ? undefined : objectToSetting(name, known)
    if (objection !== undefined) return objection
  }
  return undefined
}

/** That no list of settings went unseen. */
const objectToHidden = (root: SyntaxNode, all: ReadonlyArray<Token>): Objection | undefined => {
  const sets = [...nodesOf(root)].filter(({ text, parent }) => text === "Set" && !parent?.text.startsWith("Explain"))
  return setLists(all).length < sets.length
    ? denied("its SETTINGS are not understood, write each as name = value")
    : undefined
}

/** For the settings of addresses too. */
export const objectToSetting = (name: string, known: EngineNames): Objection | undefined => {
  const lower = name.toLowerCase()
  if (allowedSettings.has(lower)) return undefined
  return known.settings.has(lower)
    ? { kind: "setting", words: `Setting ${lower} is not allowed here, leave it out` }
    : { kind: "unknown-setting", words: `Setting ${lower.slice(0, 128)} is neither a builtin setting nor a parameter` }
}

/** A second lock, for what a tree does not tell: what APPLY applies, engines, and each name before a bracket. */
const objectToPrinted = (
  root: SyntaxNode,
  all: ReadonlyArray<Token>,
  printed: string,
  known: EngineNames
): Objection | undefined => {
  let applied = [...nodesOf(root)].filter(({ text }) => text.startsWith("ColumnsApplyTransformer")).length
  for (const [at, token] of all.entries()) {
    const next = all[at + 1]
    if (token.kind === "quoted" && /[\n\r]|\\[nrx0]/.test(token.text))
      return denied("names with line breaks are not served")
    if (token.text === "APPLY" && token.kind === "word" && isAppliable(next)) applied -= 1
    if (token.text === "ENGINE" && token.kind === "word" && next?.text === "=" && all[at + 2] !== undefined) {
      const name = unquoted(all[at + 2] as Token).toLowerCase()
      if (!allowedEngines.has(name)) return denied(`engine ${name} is not allowed here, ${instead}`)
    }
    // The engine prints a function's bracket right behind its name, and a space behind keywords.
    const called = (token.kind === "word" || token.kind === "quoted") && next?.text === "(" && next.start === token.end
    if (called && leadsOut(unquoted(token).toLowerCase(), known))
      return refusedFunction(unquoted(token).toLowerCase(), known)
  }
  if (applied > 0) return denied("APPLY is served with the name of an allowed function alone")
  return / ON CLUSTER /.test(printed) && all.some(({ text }, at) => text === "ON" && all[at + 1]?.text === "CLUSTER")
    ? denied("there is no cluster, leave ON CLUSTER out")
    : undefined
}

/** `Nested(...)` is a type, and a function of the engine's own. */
const leadsOut = (name: string, known: EngineNames): boolean => {
  if (isAllowedFunction(name) || allowedTableFunctions.has(name) || allowedStorageWords.has(name)) return false
  return name !== "nested" && (known.functions.has(name) || known.tableFunctions.has(name))
}

const isAppliable = (token: Token | undefined): boolean =>
  token !== undefined &&
  token.kind !== "sign" &&
  token.kind !== "string" &&
  isAllowedFunction(unquoted(token).toLowerCase())
