/** What leads where, as nodes and edges. */
import type { LinkRole } from './find.js'
import type { Link, LinkReport } from './resolve.js'
import type { Tree } from './tree.js'

export interface GraphNode {
  /** `tree:` and a path, `url:` and a URL, `pattern:` and a path with `*`, `group:` and many paths as one. */
  id: string
  /** `dynamic`: what only the machine knows. `group`: scripts of one folder. */
  kind: 'script' | 'file' | 'folder' | 'missing' | 'outside' | 'dynamic' | 'group'
  /** Path or URL. */
  name: string
  /** Bytes. */
  size?: number
  sha256?: string
  /** Scripts of a group. */
  count?: number
  /** A machine can get there from the entry. */
  isReached: boolean
  isEntry?: true
  /** Compiled into a loader. */
  isEmbedded?: true
}

export interface GraphEdge {
  from: string
  to: string
  /** As in the script; the name of a kernel argument. */
  command: string
  role: LinkRole
  /** The label below which the command stands. */
  label?: string
  /** As the script says it. */
  text: string
  file: string
  line?: number
}

export interface Graph {
  /** Id of the node. */
  entry: string
  nodes: readonly GraphNode[]
  edges: readonly GraphEdge[]
}

/** Nodes sorted by kind and name, edges as the scripts have them; the same for the same report. */
export function graphOf({ links, tree, entry, scripts, reached }: LinkReport): Graph {
  const nodes = new Map<string, GraphNode>()
  const edges: GraphEdge[] = []
  const add = (node: GraphNode): string => {
    if (!nodes.has(node.id)) nodes.set(node.id, node)
    return node.id
  }
  const treeNode = (path: string): string => {
    const file = tree.files.get(path)
    const isScript = scripts.has(path)
    return add({
      id: `tree:${path}`,
      kind: isScript ? 'script' : file ? 'file' : tree.kindOf(path) === 'folder' ? 'folder' : 'missing',
      name: path,
      ...(file && !isScript && { size: file.size }),
      ...(file?.sha256 !== undefined && { sha256: file.sha256 }),
      isReached: reached.has(path),
      ...(path === entry && { isEntry: true as const }),
    })
  }
  for (const path of [...scripts].sort()) treeNode(path)
  for (const link of links) {
    const from =
      scripts.has(link.from) || tree.files.has(link.from)
        ? treeNode(link.from)
        : add({
            id: `embed:${link.from}`,
            kind: 'script',
            name: link.from,
            isReached: true,
            isEmbedded: true,
          })
    for (const to of targetsOf(link, tree, add, treeNode)) edges.push(edgeOf(link, from, to))
  }
  return { entry: `tree:${entry}`, nodes: [...nodes.values()], edges }
}

function targetsOf(
  { target }: Link,
  tree: Tree,
  add: (node: GraphNode) => string,
  treeNode: (path: string) => string,
): string[] {
  switch (target.kind) {
    case 'image':
      return []
    case 'inside':
      return [treeNode(target.path)]
    case 'outside':
      return [add({ id: `url:${target.url}`, kind: 'outside', name: target.url, isReached: true })]
    case 'dynamic': {
      if (target.matches.length > 0) return target.matches.map(treeNode)
      const kind = target.isOurs ? ('missing' as const) : ('dynamic' as const)
      return [add({ id: `pattern:${target.pattern}`, kind, name: target.pattern, isReached: true })]
    }
  }
}

function edgeOf({ command, role, label, text, file, place }: Link, from: string, to: string): GraphEdge {
  return {
    from,
    to,
    command,
    role,
    ...(label !== undefined && { label }),
    text,
    file,
    ...(place && { line: place.start.line }),
  }
}

/**
 * The same for people: of many scripts of one folder that one script chains there is one node, and of several edges
 * that say the same there is one.
 *
 * @param limit how many scripts of a folder are still shown one by one
 */
export function simplified(graph: Graph, limit = 8): Graph {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]))
  const families = new Map<string, Set<string>>()
  for (const { from, to, role } of graph.edges) {
    const node = byId.get(to)!
    if (node.kind !== 'script' || node.isEntry || role !== 'chain') continue
    const folder = node.name.replace(/[^/]*$/, '')
    const key = `${from}\n${folder}`
    const family = families.get(key) ?? new Set()
    family.add(to)
    families.set(key, family)
  }
  const groupOf = new Map<string, GraphNode>()
  for (const [key, family] of families) {
    if (family.size <= limit) continue
    const folder = key.slice(key.indexOf('\n') + 1)
    const id = `group:${folder}`
    const group: GraphNode = { id, kind: 'group', name: `${folder}*.ipxe`, count: 0, isReached: true }
    for (const member of family) {
      // the script that leads to the others is worth a node of its own
      if (!families.has(`${member}\n${folder}`)) groupOf.set(member, group)
    }
  }
  const groups = new Map<string, GraphNode>()
  for (const group of groupOf.values()) {
    const known = groups.get(group.id) ?? group
    groups.set(group.id, { ...known, count: (known.count ?? 0) + 1 })
  }
  const seen = new Set<string>()
  const edges: GraphEdge[] = []
  for (const edge of graph.edges) {
    const from = groupOf.get(edge.from)?.id ?? edge.from
    const to = groupOf.get(edge.to)?.id ?? edge.to
    // labels of a group's members say nothing about the group
    const { label, ...rest } = edge
    const own = groupOf.has(edge.from) || groupOf.has(edge.to) ? rest : { ...rest, ...labelOf(label) }
    const key = JSON.stringify([from, to, own.command, 'label' in own ? own.label : undefined])
    if (seen.has(key) || (from === to && groupOf.has(edge.from))) continue
    seen.add(key)
    edges.push({ ...own, from, to })
  }
  const nodes = [...graph.nodes.filter(({ id }) => !groupOf.has(id)), ...groups.values()]
  return { entry: graph.entry, nodes, edges }
}

function labelOf(label: string | undefined): { label?: string } {
  return label === undefined ? {} : { label }
}
