/**
 * Where the cards of a graph go. Scripts are cards with a row for each label that leads somewhere; what a label loads
 * is one card beside it. Columns by distance from the entry, rows in the order of the scripts: lines never cross
 * anything on the way to the card that is shown first.
 */
import type { Graph, GraphEdge, GraphNode } from './graph.js'
import { shownSize } from './preflight.js'

export interface Card {
  kind: 'script' | 'group' | 'files'
  x: number
  y: number
  width: number
  height: number
  /** Of a script. */
  title?: string
  subtitle?: string
  /** Nothing leads here. */
  isLost: boolean
  isEntry: boolean
  rows: Row[]
}

export interface Row {
  /** Middle of the row, from the top of the drawing. */
  y: number
  /** What is loaded: the command; of a script's row its label. */
  head: string
  text: string
  /** The whole text, when `text` is cut. */
  full: string
  tone: 'plain' | 'file' | 'outside' | 'dynamic' | 'missing' | 'back'
}

export interface Connection {
  from: { x: number; y: number }
  to: { x: number; y: number }
  /** The card was already drawn: one more way to it. */
  isExtra: boolean
  what: string
}

export interface Layout {
  width: number
  height: number
  cards: Card[]
  connections: Connection[]
  /** Above the scripts that nothing leads to. */
  lostHeading: { y: number; text: string } | undefined
}

export const sizes = { character: 7.3, row: 18, header: 34, pad: 10, gapX: 56, gapY: 14, margin: 16 }
const maxCharacters = 60

class Placer {
  readonly layout: Layout = { width: 0, height: 0, cards: [], connections: [], lostHeading: undefined }
  readonly #nodes: ReadonlyMap<string, GraphNode>
  readonly #next = new Map<string, GraphEdge[]>()
  readonly #placed = new Map<string, Card>()
  /** The first free place of each column. */
  readonly #free: number[] = []
  /** Left edge of each column, known when all cards are. */
  readonly #columnOf = new Map<Card, number>()
  readonly #waiting: { card: Card; row: Row; to: string; what: string; isExtra: boolean; target?: Card }[] =
    []

  constructor(graph: Graph) {
    this.#nodes = new Map(graph.nodes.map((node) => [node.id, node]))
    for (const edge of graph.edges) {
      const list = this.#next.get(edge.from)
      if (list) list.push(edge)
      else this.#next.set(edge.from, [edge])
    }
  }

  run(graph: Graph): Layout {
    const isScript = ({ kind }: GraphNode): boolean => kind === 'script' || kind === 'group'
    if (this.#nodes.has(graph.entry)) this.#place(graph.entry, 0, sizes.margin, false)
    for (const { id, isEmbedded } of graph.nodes) if (isEmbedded) this.#root(id, false)
    const lost = graph.nodes.filter((node) => isScript(node) && !this.#placed.has(node.id))
    if (lost.length > 0) {
      const bottom = Math.max(sizes.margin, ...this.#free) + sizes.gapY
      const entry = this.#nodes.get(graph.entry)?.name ?? 'the entry'
      this.layout.lostHeading = { y: bottom + 12, text: `Nothing leads from ${entry} to` }
      this.#free.fill(bottom + 28)
      const led = new Set(lost.flatMap(({ id }) => (this.#next.get(id) ?? []).map(({ to }) => to)))
      for (const { id } of lost) if (!led.has(id)) this.#root(id, true)
      for (const { id } of lost) this.#root(id, true)
    }
    this.#finish()
    return this.layout
  }

  #root(id: string, isLost: boolean): void {
    if (this.#placed.has(id)) return
    this.#place(id, 0, Math.max(sizes.margin, ...this.#free), isLost)
  }

  /** Puts a script into a column, at `wanted` or below, and what it leads to into the next one. */
  #place(id: string, column: number, wanted: number, isLost: boolean): Card {
    const node = this.#nodes.get(id)!
    const byLabel = new Map<string, GraphEdge[]>()
    for (const edge of this.#next.get(id) ?? []) {
      const label = edge.label ?? ''
      const list = byLabel.get(label)
      if (list) list.push(edge)
      else byLabel.set(label, [edge])
    }
    const rows = [...byLabel.keys()].map((label): Row => {
      const head = label === '' ? '(start)' : `:${label}`
      return { y: 0, head: '', text: cut(head), full: head, tone: 'plain' }
    })
    const title = cut(node.name)
    const subtitle = subtitleOf(node)
    const longest = Math.max(title.length + 1, subtitle.length, ...rows.map(({ text }) => text.length + 2))
    const card: Card = {
      kind: node.kind === 'group' ? 'group' : 'script',
      x: 0,
      y: Math.max(wanted, this.#free[column] ?? sizes.margin),
      width: Math.ceil(longest * sizes.character) + 2 * sizes.pad,
      height: 0,
      title,
      subtitle,
      isLost,
      isEntry: node.isEntry === true,
      rows,
    }
    this.#add(card, column)
    this.#placed.set(id, card)
    let bottom = card.y + sizes.header
    for (const [index, edges] of [...byLabel.values()].entries()) {
      const row = rows[index]!
      row.y = bottom + sizes.row / 2
      this.#follow(card, row, edges, column + 1, isLost)
      bottom = row.y + sizes.row / 2
    }
    card.height = bottom - card.y + (rows.length > 0 ? 6 : 4)
    this.#free[column] = card.y + card.height + sizes.gapY
    return card
  }

  /** What one label leads to: scripts are cards of their own, all else is on one card. */
  #follow(card: Card, row: Row, edges: readonly GraphEdge[], column: number, isLost: boolean): void {
    const files: GraphEdge[] = []
    let isLevel = false
    for (const edge of edges) {
      const { kind } = this.#nodes.get(edge.to)!
      const known = this.#placed.get(edge.to)
      if (kind !== 'script' && kind !== 'group') files.push(edge)
      // a way back is a line of text: a curve around everything would be in the way of the others
      else if (known && (this.#columnOf.get(known) ?? 0) < column) files.push(edge)
      else if (known) this.#waiting.push({ card, row, to: edge.to, what: whatOf(edge), isExtra: true })
      else {
        const target = this.#place(edge.to, column, row.y - sizes.header / 2, isLost)
        isLevel ||= this.#align(row, target.y + sizes.header / 2)
        this.#waiting.push({ card, row, to: edge.to, what: whatOf(edge), isExtra: false, target })
      }
    }
    if (files.length === 0) return
    const target = this.#files(files, column, row.y, isLost)
    if (!isLevel) this.#align(row, target.rows[0]!.y)
    this.#waiting.push({ card, row, to: '', what: files.map(whatOf).join('\n'), isExtra: false, target })
  }

  /** A row beside what it leads to first, so that the line between them is short and level. */
  #align(row: Row, y: number): true {
    row.y = Math.max(row.y, y)
    return true
  }

  #files(edges: readonly GraphEdge[], column: number, rowY: number, isLost: boolean): Card {
    const head = Math.max(...edges.map(({ command }) => command.length))
    const rows = edges.map((edge) => fileRow(edge, this.#nodes.get(edge.to)!))
    const longest = Math.max(...rows.map(({ text }) => text.length)) + head + 2
    const height = rows.length * sizes.row + 8
    const card: Card = {
      kind: 'files',
      x: 0,
      y: Math.max(rowY - sizes.row / 2 - 4, this.#free[column] ?? sizes.margin),
      width: Math.ceil(longest * sizes.character) + 2 * sizes.pad,
      height,
      isLost,
      isEntry: false,
      rows,
    }
    for (const [index, row] of rows.entries()) {
      row.y = card.y + 4 + (index + 0.5) * sizes.row
      row.head = row.head.padEnd(head)
    }
    this.#add(card, column)
    return card
  }

  #add(card: Card, column: number): void {
    while (this.#free.length <= column) this.#free.push(sizes.margin)
    this.#free[column] = card.y + card.height + sizes.gapY
    this.#columnOf.set(card, column)
    this.layout.cards.push(card)
  }

  #finish(): void {
    const { layout } = this
    const widths: number[] = []
    for (const [card, column] of this.#columnOf) widths[column] = Math.max(widths[column] ?? 0, card.width)
    const lefts = widths.map((_, column) =>
      widths.slice(0, column).reduce((sum, width) => sum + width + sizes.gapX, sizes.margin),
    )
    for (const [card, column] of this.#columnOf) card.x = lefts[column]!
    for (const { card, row, to, what, isExtra, target: known } of this.#waiting) {
      const target = known ?? this.#placed.get(to)!
      const middle = target.kind === 'files' ? (target.rows[0]?.y ?? target.y) : target.y + sizes.header / 2
      layout.connections.push({
        from: { x: card.x + card.width, y: row.y },
        to: { x: target.x, y: middle },
        isExtra,
        what,
      })
    }
    const right = (card: Card): number => card.x + card.width
    layout.width =
      Math.ceil(layout.cards.reduce((most, card) => Math.max(most, right(card)), 320)) + sizes.margin
    layout.height = Math.ceil(Math.max(sizes.margin, ...this.#free)) + sizes.margin
  }
}

export function layoutOf(graph: Graph): Layout {
  return new Placer(graph).run(graph)
}

function subtitleOf({ kind, count, isEntry, isEmbedded, name }: GraphNode): string {
  if (kind === 'group') return `${count ?? 0} scripts`
  if (isEmbedded) return 'in a loader'
  if (isEntry) return 'loaded first'
  return name === 'machines/index.ipxe' ? 'which machine is this?' : 'script'
}

function fileRow({ command }: GraphEdge, { kind, name, size }: GraphNode): Row {
  const row = (text: string, tone: Row['tone'], end = ''): Row => {
    const full = `${text}${end}`
    return { y: 0, head: command, text: `${cut(text)}${end}`, full, tone }
  }
  switch (kind) {
    case 'script':
    case 'group':
      return row(`↩ ${name}`, 'back')
    case 'missing':
      return row(name, 'missing', ' is missing')
    case 'outside':
      return row(name, 'outside')
    case 'dynamic':
      return row(name, 'dynamic')
    case 'folder':
      return row(`${name}/`, 'file')
    case 'file':
      return row(name, 'file', size === undefined ? '' : `  ${shownSize(size)}`)
  }
}

function whatOf({ label, command, text }: GraphEdge): string {
  return `${label === undefined ? '' : `:${label} `}${command} ${text}`
}

/** The beginning says where, the end says what. */
function cut(text: string): string {
  if (text.length <= maxCharacters) return text
  const end = Math.ceil(maxCharacters * 0.6)
  return `${text.slice(0, maxCharacters - end - 1)}…${text.slice(-end)}`
}
