/** The short way for plain lines gives what the grammar gives, and known lines what parsing gives. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { bytesToText, textToBytes } from '../../src/syntax/bytes.js'
import { splitLines } from '../../src/syntax/lines.js'
import { contentByGrammar, KnownLines, parse, parseLines } from '../../src/syntax/parse.js'

const fragments = fc.constantFrom(
  ...['#!ipxe', '\v', '\f', '\r', '\t', ' ', '  ', '\xff', '\xa0', '\x85', '\x1c', '\x08', '\x0e', '\\'],
  ...[
    '#',
    '# ',
    ':',
    ':l',
    ' :l',
    '||',
    '&&',
    ';',
    ' || ',
    ' && ',
    ' ; ',
    '|',
    '&',
    '|&',
    '${',
    '}',
    '$',
    '{',
  ],
  ...['a', 'b:c', 'net0/mac:hexhyp', '${a}', '${a/b:c}', '${${a}}', '${}', '${/}', '${:}', '$<x>', '$<', '>'],
)
const line = fc.oneof(
  fc.array(fragments, { maxLength: 12 }).map((parts) => parts.join('')),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => bytesToText(bytes)),
)

function compare(source: string): void {
  const finished = splitLines(source).filter(({ unfinished }) => !unfinished)
  assert.deepEqual(
    parseLines(finished).map(({ children }) => children),
    finished.map(contentByGrammar),
  )
}

describe('plain lines', () => {
  it('have the nodes that the grammar gives them', () => {
    fc.assert(
      fc.property(line, fc.constantFrom('', '\n', '\r\n', '\r'), (text, ending) => {
        compare(text + ending)
      }),
      { numRuns: 5000 },
    )
  })

  it('of real scripts, too', () => {
    const root = fileURLToPath(new URL('../..', import.meta.url))
    const folders = [join(root, 'menus'), join(root, 'embed'), join(root, '../shared/fixtures')]
    let count = 0
    for (const folder of folders.filter((path) => existsSync(path))) {
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        if (!name.endsWith('.ipxe')) continue
        compare(bytesToText(readFileSync(join(folder, name))))
        count++
      }
    }
    assert.ok(count > 0)
  })

  it('that are known give the same tree, and a line that stands twice is two contents', () => {
    const known = new KnownLines()
    fc.assert(
      fc.property(fc.array(fc.tuple(line, fc.constantFrom('\n', '\\\n')), { maxLength: 8 }), (lines) => {
        const bytes = textToBytes(lines.map((parts) => parts.join('')).join(''))
        const tree = parse(bytes, { positions: false, known })
        assert.deepEqual(tree, parse(bytes, { positions: false }))
        const contents = tree.children.flatMap((child) => (child.type === 'line' ? [child.children] : []))
        assert.equal(new Set(contents).size, contents.length)
      }),
      { numRuns: 1000 },
    )
  })
})
