import assert from 'node:assert/strict'
import fc from 'fast-check'
import { IncrementalParser } from '../../src/syntax/incremental.js'
import { bytesToText, textToBytes } from '../../src/syntax/bytes.js'
import { parse } from '../../src/syntax/parse.js'

const fragments = fc.constantFrom(
  ...[
    '#!ipxe\n',
    '\n',
    '\\\n',
    '\\\r\n',
    '\r\n',
    '\r',
    ':a\n',
    'echo ${a}\n',
    'echo a\\\n b\n',
    'x',
    ' || ',
    '\0',
    '\xff',
    '\\',
  ],
)
const script = fc.oneof(
  fc.array(fragments, { maxLength: 30 }).map((parts) => parts.join('')),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => bytesToText(bytes)),
)

describe('IncrementalParser', () => {
  it('gives the tree that parse gives, whatever it has seen before', () => {
    fc.assert(
      fc.property(fc.array(script, { minLength: 1, maxLength: 4 }), (texts) => {
        const parser = new IncrementalParser()
        for (const text of texts) {
          assert.deepEqual(
            parser.parse(text),
            parse(textToBytes(text), { positions: false }),
            JSON.stringify(text),
          )
        }
      }),
      { numRuns: 1000 },
    )
  })
  it('parses only what is new, and no node stands twice in a tree', () => {
    const parser = new IncrementalParser()
    const first = parser.parse('#!ipxe\necho a\necho a\necho b\n')
    const second = parser.parse('#!ipxe\necho a\necho c\necho a\necho b\n')
    const before = new Set(first.children)
    assert.deepEqual(
      second.children.map((line) => before.has(line)),
      [true, true, false, true, true],
    )
    assert.equal(new Set(second.children).size, 5)
  })
})
