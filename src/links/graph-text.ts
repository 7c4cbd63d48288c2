/** A graph as text: an indented tree from the entry, as JSON, and for Graphviz. */
import { visible } from '../diagnostics/visible.js'
import type { Graph, GraphEdge, GraphNode } from './graph.js'
import { shownSize } from './preflight.js'

/** How deep the tree goes; scripts that chain further are rather a mistake. */
const maxDepth = 60

/** One line for each step; what was shown already is not shown again, and a way back to a script above is marked. */
export function graphText(graph: Graph): string {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]))
  const next = edgesBySource(graph)
  const shown = new Set<string>()
  const lines: string[] = []

  /** Lines of its own stand below it. */
  const isBranch = ({ to }: GraphEdge): boolean => next.has(to)
  const visit = (id: string, indent: string, above: readonly string[]): void => {
    shown.add(id)
    const edges = next.get(id) ?? []
    const columns = {
      label: Math.max(0, ...edges.map(({ label }) => labelText(label).length)),
      command: Math.max(0, ...edges.map(({ command }) => command.length)),
    }
    for (const [index, edge] of edges.entries()) {
      const isLast = index === edges.length - 1
      const node = byId.get(edge.to)!
      const isCycle = above.includes(edge.to) || edge.to === id
      const isOpen = !isCycle && !shown.has(edge.to) && above.length < maxDepth
      const remark = isCycle
        ? ' (back: a cycle)'
        : shown.has(edge.to) && next.has(edge.to)
          ? ' (see above)'
          : remarkOf(node)
      // said once for all that stands below it
      const isSame = index > 0 && edges[index - 1]!.label === edge.label && !isBranch(edges[index - 1]!)
      const label = isSame ? '' : labelText(edge.label)
      const before = columns.label === 0 ? '' : `${label.padEnd(columns.label)} `
      const start = `${before}${edge.command.padEnd(columns.command)}`
      lines.push(visible(`${indent}${isLast ? '└─' : '├─'} ${start} ${nameOf(node)}${remark}`))
      if (isOpen) visit(edge.to, `${indent}${isLast ? '   ' : '│  '}`, [...above, id])
    }
  }
  const root = (id: string, remark = ''): void => {
    lines.push(visible(`${byId.get(id)!.name}${remark}`))
    visit(id, '', [])
  }

  if (byId.has(graph.entry)) root(graph.entry)
  for (const { id, isEmbedded } of graph.nodes) {
    if (!isEmbedded || shown.has(id)) continue
    lines.push('')
    root(id, ' (in a loader)')
  }
  const rest = graph.nodes.filter(({ id, kind }) => kind === 'script' && !shown.has(id))
  const others = new Set(rest.flatMap(({ id }) => (next.get(id) ?? []).map(({ to }) => to)))
  if (rest.length > 0) lines.push('', `Nothing leads from ${byId.get(graph.entry)?.name ?? 'the entry'} to:`)
  // those that no other of them leads to first
  for (const { id } of [...rest].sort((a, b) => Number(others.has(a.id)) - Number(others.has(b.id)))) {
    if (!shown.has(id)) root(id)
  }
  return `${lines.join('\n')}\n`
}

function edgesBySource(graph: Graph): Map<string, GraphEdge[]> {
  const next = new Map<string, GraphEdge[]>()
  for (const edge of graph.edges) {
    const list = next.get(edge.from)
    if (list) list.push(edge)
    else next.set(edge.from, [edge])
  }
  return next
}

function labelText(label: string | undefined): string {
  return label === undefined ? '' : `:${label}`
}

function nameOf({ kind, name }: GraphNode): string {
  return kind === 'folder' ? `${name}/` : name
}

function remarkOf({ kind, size, count }: GraphNode): string {
  if (kind === 'missing') return ' (missing)'
  if (kind === 'group') return ` (${count ?? 0} scripts)`
  return size === undefined ? '' : ` (${shownSize(size)})`
}

export function graphJson(graph: Graph): string {
  return `${JSON.stringify(graph, null, 2)}\n`
}

const dotStyles: Readonly<Record<GraphNode['kind'], string>> = {
  script: 'shape=box',
  group: 'shape=box3d',
  file: 'shape=note',
  folder: 'shape=folder',
  outside: 'shape=ellipse',
  dynamic: 'shape=ellipse, style=dashed',
  missing: 'shape=box, style=dashed, color=red',
}

export function graphDot(graph: Graph): string {
  const ids = new Map(graph.nodes.map(({ id }, index) => [id, `n${index}`]))
  const quoted = (text: string): string =>
    `"${visible(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
  const lines = ['digraph boot {', '  rankdir=LR;', '  node [fontname="monospace", fontsize=10];']
  for (const node of graph.nodes) {
    lines.push(
      `  ${ids.get(node.id)!} [label=${quoted(nameOf(node) + remarkOf(node))}, ${dotStyles[node.kind]}];`,
    )
  }
  for (const { from, to, command, label } of graph.edges) {
    const text = `${labelText(label)} ${command}`.trim()
    lines.push(`  ${ids.get(from)!} -> ${ids.get(to)!} [label=${quoted(text)}, fontsize=9];`)
  }
  return `${lines.join('\n')}\n}\n`
}
