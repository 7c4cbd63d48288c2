/** A graph as an SVG of its own: no script, no font to load, readable in dark and light. */
import { escapeXml } from '../diagnostics/xml.js'
import type { Graph } from './graph.js'
import { type Card, type Connection, layoutOf, type Layout, type Row, sizes } from './graph-layout.js'

const style = `
svg { --back: #fbfcfd; --card: #fff; --edge: #b8c1cc; --text: #1c2430; --soft: #5a6675; --head: #e8eff8;
  --script: #3b6ea8; --file: #2f7d4f; --outside: #7a5a9e; --dynamic: #8a6a1f; --missing: #b3261e; }
@media (prefers-color-scheme: dark) {
  svg { --back: #14181d; --card: #1c2229; --edge: #465160; --text: #e6eaef; --soft: #9aa7b5; --head: #243244;
    --script: #7fb0e6; --file: #7cc79a; --outside: #c0a3e0; --dynamic: #d6b866; --missing: #ff8a80; }
}
text { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: var(--text); white-space: pre; }
.soft { fill: var(--soft); font-size: 11px; }
.title { font-weight: 600; }
.back { fill: var(--back); }
.card { fill: var(--card); stroke: var(--edge); }
.script { stroke: var(--script); }
.entry { stroke-width: 2; }
.head { fill: var(--head); }
.lost { stroke-dasharray: 4 3; }
.line { fill: none; stroke: var(--edge); stroke-width: 1.3; }
.extra { stroke-dasharray: 5 4; }
.file { fill: var(--file); }
.outside { fill: var(--outside); }
.dynamic { fill: var(--dynamic); }
.missing { fill: var(--missing); font-weight: 600; }
.way { fill: var(--soft); }
`.trim()

export function graphSvg(graph: Graph, title: string): string {
  const layout = layoutOf(graph)
  const legend = legendOf(layout)
  const height = layout.height + 24
  const width = Math.max(layout.width, legend.width + 2 * sizes.margin)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escapeXml(title)}</title>`,
    `<desc id="description">${escapeXml(describe(graph))}</desc>`,
    `<style>${style}</style>`,
    `<rect class="back" width="${width}" height="${height}"/>`,
    ...layout.connections.map(connection),
    ...layout.cards.map(card),
    ...(layout.lostHeading
      ? [text(sizes.margin, layout.lostHeading.y, layout.lostHeading.text, 'soft')]
      : []),
    ...legend.lines.map(({ x, label, tone }) => text(x, height - 14, label, tone)),
    '</svg>',
    '',
  ].join('\n')
}

function describe({ nodes, edges }: Graph): string {
  const scripts = nodes.filter(({ kind }) => kind === 'script').length
  const missing = nodes.filter(({ kind }) => kind === 'missing').length
  return `${scripts} scripts and ${edges.length} links between them and what they load${missing > 0 ? `; ${missing} targets are missing` : ''}.`
}

function connection({ from, to, isExtra, what }: Connection): string {
  const reach = Math.max(24, (to.x - from.x) / 2)
  const path = `M${at(from.x)} ${at(from.y)}C${at(from.x + reach)} ${at(from.y)} ${at(to.x - reach)} ${at(to.y)} ${at(to.x)} ${at(to.y)}`
  return `<path class="line${isExtra ? ' extra' : ''}" d="${path}"><title>${escapeXml(what)}</title></path>`
}

function card(shape: Card): string {
  const { x, y, width, height, kind, title, subtitle, isEntry, isLost, rows } = shape
  const classes = ['card', kind === 'files' ? '' : 'script', isEntry ? 'entry' : '', isLost ? 'lost' : '']
  const box = `x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${at(height)}" rx="6"`
  const parts = [`<rect class="${classes.filter((name) => name !== '').join(' ')}" ${box}/>`]
  if (kind === 'group') {
    // a second sheet behind the first
    const behind = `x="${at(x + 4)}" y="${at(y + 4)}" width="${at(width)}" height="${at(height)}" rx="6"`
    parts.unshift(`<rect class="card script" ${behind}/>`)
  }
  if (title !== undefined) {
    parts.push(
      `<path class="head" d="M${at(x + 1)} ${at(y + sizes.header - 2)}v${-(sizes.header - 8)}q0 -5 5 -5h${at(width - 12)}q5 0 5 5v${sizes.header - 8}z"/>`,
      text(x + sizes.pad, y + 15, title, 'title'),
      text(x + sizes.pad, y + 28, subtitle ?? '', 'soft'),
    )
  }
  for (const row of rows) parts.push(rowText(shape, row))
  const name = title ?? rows.map(({ head, full }) => `${head.trimEnd()} ${full}`).join('\n')
  return `<g><title>${escapeXml(name)}</title>${parts.join('')}</g>`
}

const toneClasses: Readonly<Record<Row['tone'], string>> = {
  plain: '',
  file: 'file',
  outside: 'outside',
  dynamic: 'dynamic',
  missing: 'missing',
  back: 'way',
}

function rowText({ x, width, kind }: Card, { y, head, text: shown, full, tone }: Row): string {
  const baseline = y + 4
  if (kind !== 'files')
    return `${text(x + sizes.pad, baseline, shown, '')}<circle cx="${at(x + width)}" cy="${at(y)}" r="2.5" class="way"/>`
  const start = x + sizes.pad + (head.length + 2) * sizes.character
  const line =
    text(x + sizes.pad, baseline, head.trimEnd(), 'soft') + text(start, baseline, shown, toneClasses[tone])
  return shown === full ? line : `<g><title>${escapeXml(full)}</title>${line}</g>`
}

function text(x: number, y: number, content: string, className: string): string {
  const attribute = className === '' ? '' : ` class="${className}"`
  return `<text x="${at(x)}" y="${at(y)}"${attribute}>${escapeXml(content)}</text>`
}

/** Only what is in the drawing. */
function legendOf({ cards, connections }: Layout): {
  width: number
  lines: { x: number; label: string; tone: string }[]
} {
  const tones = new Set(
    cards.flatMap(({ rows, kind }) => (kind === 'files' ? rows.map(({ tone }) => tone) : [])),
  )
  const entries: [Row['tone'] | 'extra', string][] = [
    ['file', 'in the tree'],
    ['outside', 'on other servers'],
    ['dynamic', 'known to the machine only'],
    ['missing', 'missing'],
    ['back', '↩ back to a script to the left'],
    ['extra', 'dashed line: shown already'],
  ]
  let x = sizes.margin
  const lines: { x: number; label: string; tone: string }[] = []
  for (const [tone, label] of entries) {
    if (tone === 'extra' ? !connections.some(({ isExtra }) => isExtra) : !tones.has(tone)) continue
    lines.push({ x, label, tone: tone === 'extra' ? 'soft' : toneClasses[tone] })
    x += label.length * sizes.character + 24
  }
  return { width: x, lines }
}

/** Two decimals are enough, and the same on every machine. */
function at(value: number): string {
  return String(Math.round(value * 100) / 100)
}
