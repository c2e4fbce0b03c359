// Syntax tree: what the engine's own parser makes of a statement, read back from the text of EXPLAIN AST.

export interface SyntaxNode {
  /** Such as "Function toString (alias x)", without its count of children. */
  readonly text: string
  readonly parent: SyntaxNode | undefined
  readonly children: Array<SyntaxNode>
}

const nodeLine = /^( *)(.*?)(?: \(children (\d+)\))?$/

/**
 * Answers the root; undefined when the text is not whole: every node tells how many children follow, so nothing can be cut
 * off or slipped in unnoticed.
 */
export const readSyntaxTree = (text: string): SyntaxNode | undefined => {
  const open: Array<{ readonly node: SyntaxNode; readonly depth: number; missing: number }> = []
  let root: SyntaxNode | undefined
  for (const one of text.replace(/\n+$/, "").split("\n")) {
    const [, indent = "", words = "", children = "0"] = nodeLine.exec(one) ?? []
    while (open.length > 0 && open.at(-1)?.missing === 0) open.pop()
    const above = open.at(-1)
    if ((above === undefined) !== (root === undefined)) return undefined
    if (indent.length !== open.length || (above !== undefined && indent.length !== above.depth + 1)) return undefined
    const node: SyntaxNode = { text: words.trim(), parent: above?.node, children: [] }
    if (above === undefined) root = node
    else {
      above.missing -= 1
      above.node.children.push(node)
    }
    open.push({ node, depth: indent.length, missing: Number(children) })
  }
  return open.every(({ missing }) => missing === 0) ? root : undefined
}

/** All nodes, the root first. */
export function* nodesOf(root: SyntaxNode): Generator<SyntaxNode, void> {
  const open = [root]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    yield node
    open.push(...node.children.toReversed())
  }
}

/** Name of a node of a kind, without alias: "toString" of "Function toString (alias x)"; undefined for another kind. */
export const nameOf = (node: SyntaxNode, kind: string): string | undefined => {
  if (node.text !== kind && !node.text.startsWith(`${kind} `)) return undefined
  const rest = node.text.slice(kind.length + 1)
  const alias = rest.indexOf(" (alias ")
  return alias < 0 ? rest : rest.slice(0, alias)
}
