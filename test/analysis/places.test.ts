import assert from 'node:assert/strict'
import fc from 'fast-check'
import { placeOf } from '../../src/analysis/places.js'
import { walk } from '../../src/ast/walk.js'
import { parse } from '../../src/syntax/parse.js'
import { textToBytes } from '../../src/syntax/bytes.js'

describe('placeOf', () => {
  it('gives every node the position that the parser gives it', () => {
    const piece = fc.constantFrom(
      ...['\\\n', '\\\r\n', '\\', '\n', '\r', '\0', ' ', '#', ':l', '||', '${', '}', 'ab', '/', '$<x>'],
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const tree = parse(textToBytes(pieces.join('')))
        for (const line of tree.children) {
          walk(line, (node) => {
            if ('span' in node) {
              assert.deepEqual(placeOf(line, node.span), { ...node.position })
            }
            return undefined
          })
        }
      }),
      { numRuns: 2000 },
    )
  })
})
