import assert from 'node:assert/strict'
import fc from 'fast-check'
import { applyFixes } from '../../src/diagnostics/apply-fixes.js'

const fix = (...edits: [start: number, end: number, text: string][]) => ({
  description: '',
  edits: edits.map(([start, end, text]) => ({ start, end, text })),
})
const apply = (text: string, ...fixes: ReturnType<typeof fix>[]): [string, number] => {
  const { bytes, count } = applyFixes(Buffer.from(text, 'latin1'), fixes)
  return [Buffer.from(bytes).toString('latin1'), count]
}

describe('applyFixes', () => {
  it('replaces bytes, each fix as a whole', () => {
    assert.deepEqual(apply('abcdef', fix([4, 5, 'X'], [0, 1, '']), fix([2, 2, '\xff'])), ['b\xffcdXf', 2])
  })
  it('leaves what overlaps to another pass', () => {
    assert.deepEqual(apply('abcdef', fix([0, 3, 'X']), fix([2, 4, 'Y']), fix([3, 4, 'Z'])), ['XZef', 2])
    assert.deepEqual(apply('ab', fix([1, 1, 'X']), fix([1, 1, 'Y'])), ['aXb', 1])
    assert.deepEqual(apply('abcdef', fix([1, 2, 'X']), fix([0, 1, 'Y'], [1, 2, 'Z'])), [
      'Ybcdef'.replace('b', 'Z'),
      1,
    ])
  })
  it('ignores what is not in the file, and fixes at odds with themselves', () => {
    assert.deepEqual(apply('ab', fix([1, 9, 'X']), fix([0, 1, 'X'], [0, 1, 'Y']), fix()), ['ab', 0])
  })
  it('keeps every byte that no applied edit covers', () => {
    const edit = fc
      .tuple(fc.nat(20), fc.nat(5), fc.constantFrom('', 'X', 'YY'))
      .map(([start, length, text]): [number, number, string] => [start, start + length, text])
    fc.assert(
      fc.property(fc.array(fc.array(edit, { maxLength: 3 }), { maxLength: 5 }), (fixes) => {
        const text = 'abcdefghijklmnopqrst'
        const [result, count] = apply(text, ...fixes.map((edits) => fix(...edits)))
        assert.ok(count <= fixes.length)
        if (count === 0) assert.equal(result, text)
        const left = result.replace(/[XY]/g, '')
        let at = 0
        for (const char of left) {
          at = text.indexOf(char, at) + 1
          assert.ok(at > 0, 'in their order')
        }
      }),
    )
  })
})
