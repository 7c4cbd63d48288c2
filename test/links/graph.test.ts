import assert from 'node:assert/strict'
import fc from 'fast-check'
import { graphOf, simplified } from '../../src/links/graph.js'
import { layoutOf } from '../../src/links/graph-layout.js'
import { graphSvg } from '../../src/links/graph-svg.js'
import { graphDot, graphJson, graphText } from '../../src/links/graph-text.js'
import { check } from './support.js'

const lab = () =>
  graphOf(
    check(
      {
        'boot.ipxe': ':os\nchain menus/os.ipxe\n:gone\nchain gone.ipxe\n:far\nchain http://${x}/z',
        'menus/os.ipxe':
          ':one\nkernel ../os/k inst.ks=http://a<b>&"c"/ks.cfg\ninitrd ../os/i\n:back\nchain ../boot.ipxe',
        'lost.ipxe': 'chain menus/os.ipxe\nexit',
        'embed/e.ipxe': 'chain boot.ipxe',
      },
      { 'os/k': { size: 9000, sha256: 'abc' }, 'os/i': { size: 3 } },
    ),
  )

/** A dispatcher and its scripts. */
const manyMachines = (count: number) => {
  const scripts: Record<string, string> = { 'boot.ipxe': 'chain machines/index.ipxe', 'a.ipxe': 'exit' }
  const ids = Array.from({ length: count }, (_, i) => `m${i}`)
  scripts['machines/index.ipxe'] = ids.map((id) => `:${id}\nchain ${id}.ipxe`).join('\n')
  for (const id of ids) scripts[`machines/${id}.ipxe`] = ':x\nchain ../a.ipxe'
  return graphOf(check(scripts))
}

describe('the graph of a project', () => {
  it('as text: an indented tree, what was shown and cycles marked', () => {
    assert.equal(
      graphText(lab()),
      [
        'boot.ipxe',
        '├─ :os   chain menus/os.ipxe',
        '│  ├─ :one  inst.ks http://a<b>&"c"/ks.cfg',
        '│  ├─       kernel  os/k (8.8 KiB)',
        '│  ├─       initrd  os/i (3 bytes)',
        '│  └─ :back chain   boot.ipxe (back: a cycle)',
        '├─ :gone chain gone.ipxe (missing)',
        '└─ :far  chain http://*/z',
        '',
        'embed/e.ipxe (in a loader)',
        '└─ chain boot.ipxe (see above)',
        '',
        'Nothing leads from boot.ipxe to:',
        'lost.ipxe',
        '└─ chain menus/os.ipxe (see above)',
        '',
      ]
        .join('\n')
        .replace(
          /inst\.ks (.*)\n(.*)kernel {2}(.*)\n/,
          (_, ks: string, start: string, k: string) => `kernel  ${k}\n${start}inst.ks ${ks}\n`,
        ),
    )
  })

  it('as JSON: all nodes and edges', () => {
    const { entry, nodes, edges } = JSON.parse(graphJson(lab())) as ReturnType<typeof lab>
    assert.equal(entry, 'tree:boot.ipxe')
    assert.deepEqual(
      nodes.find(({ name }) => name === 'os/k'),
      { id: 'tree:os/k', kind: 'file', name: 'os/k', size: 9000, sha256: 'abc', isReached: true },
    )
    assert.deepEqual(edges[0], {
      from: 'tree:boot.ipxe',
      to: 'tree:menus/os.ipxe',
      command: 'chain',
      role: 'chain',
      label: 'os',
      text: 'menus/os.ipxe',
      file: 'boot.ipxe',
      line: 3,
    })
  })

  it('as DOT: what is special to it is escaped', () => {
    const dot = graphDot(lab())
    assert.match(dot, /^digraph boot \{/)
    assert.match(dot, /label="http:\/\/a<b>&\\"c\\"\/ks\.cfg"/)
  })

  it('as SVG: well-formed, with titles, the same each time', () => {
    const svg = graphSvg(lab(), 'Lab & <more>')
    assert.equal(svg, graphSvg(lab(), 'Lab & <more>'))
    assert.match(svg, /<title id="title">Lab &amp; &lt;more&gt;<\/title>/)
    assert.match(svg, /prefers-color-scheme: dark/)
    assert.match(svg, /http:\/\/a&lt;b&gt;&amp;&quot;c&quot;\/ks\.cfg/)
    assert.match(svg, /gone\.ipxe is missing/)
    const open: string[] = []
    for (const [, close, name, self] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
      if (close) assert.equal(open.pop(), name)
      else if (!self) open.push(name!)
    }
    assert.deepEqual(open, [])
  })

  it('shows many scripts of a folder as one', () => {
    const graph = simplified(manyMachines(30))
    const group = graph.nodes.find(({ kind }) => kind === 'group')
    assert.deepEqual([group?.name, group?.count], ['machines/*.ipxe', 30])
    assert.equal(
      graphText(graph),
      [
        'boot.ipxe',
        '└─ chain machines/index.ipxe',
        '   └─ chain machines/*.ipxe (30 scripts)',
        '      └─ chain a.ipxe',
        '',
      ].join('\n'),
    )
    assert.equal(simplified(manyMachines(3)).nodes.length, manyMachines(3).nodes.length)
  })

  it('law: cards do not overlap and lie inside the drawing', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd/e', 'd/f')
    const body = fc.array(fc.tuple(fc.constantFrom('chain', ':x\nchain', ':y\nkernel', 'initrd'), name), {
      maxLength: 6,
    })
    const scripts = fc.record({ 'boot.ipxe': body, a: body, b: body, 'd/e': body })
    fc.assert(
      fc.property(scripts, (bodies) => {
        const texts = Object.entries(bodies).map(
          ([path, lines]) => [path, lines.map((parts) => parts.join(' ')).join('\n')] as const,
        )
        const graph = graphOf(check(Object.fromEntries(texts), { c: {} }))
        const { cards, width, height, connections } = layoutOf(graph)
        for (const [index, card] of cards.entries()) {
          assert.ok(
            card.x >= 0 && card.x + card.width <= width && card.y >= 0 && card.y + card.height <= height,
          )
          for (const row of card.rows) assert.ok(row.y > card.y && row.y < card.y + card.height)
          for (const other of cards.slice(index + 1)) {
            const apart =
              card.x + card.width <= other.x ||
              other.x + other.width <= card.x ||
              card.y + card.height <= other.y ||
              other.y + other.height <= card.y
            assert.ok(apart, `${card.title ?? 'files'} and ${other.title ?? 'files'}`)
          }
        }
        for (const { from, to } of connections) assert.ok(from.x < to.x)
        for (const print of [graphText, graphDot, graphJson]) assert.ok(print(simplified(graph)).length > 0)
      }),
      { numRuns: 150 },
    )
  })
})
