import assert from 'node:assert/strict'
import fc from 'fast-check'
import { negotiate } from '../../../src/serve/tftp/options.js'

const ask = (...pairs: [string, string][]): { name: string; value: string }[] =>
  pairs.map(([name, value]) => ({ name, value }))

describe('tftp option negotiation', () => {
  it('grants what was asked, in the order and spelling asked', () => {
    const { granted, blksize, timeout, windowsize } = negotiate(
      ask(['TSize', '0'], ['blksize', '1432'], ['timeout', '5'], ['windowsize', '4']),
      1000,
    )
    assert.deepEqual(
      granted,
      ask(['TSize', '1000'], ['blksize', '1432'], ['timeout', '5'], ['windowsize', '4']),
    )
    assert.equal(windowsize, 4)
    assert.equal(blksize, 1432)
    assert.equal(timeout, 5)
  })

  it('puts only into the OACK what was asked, and nothing twice', () => {
    const name = fc.constantFrom('blksize', 'BLKSIZE', 'tsize', 'timeout', 'windowsize', 'multicast', 'x')
    const value = fc.oneof(
      fc.nat().map(String),
      fc.constantFrom('', '-1', '0x10', ' 8', '1e3', '9'.repeat(40)),
    )
    const size = fc.nat()
    fc.assert(
      fc.property(
        fc.array(fc.record({ name, value })),
        size,
        fc.integer({ min: -9, max: 70000 }),
        (asked, n, max) => {
          const { granted, blksize } = negotiate(asked, n, max)
          const names = granted.map((option) => option.name.toLowerCase())
          assert.equal(new Set(names).size, names.length)
          for (const option of granted) assert.ok(asked.some((one) => one.name === option.name))
          assert.ok(!names.some((one) => ['multicast', 'x'].includes(one)))
          assert.ok(blksize >= 8 && blksize <= 65464)
          const wish = granted.find((option) => option.name.toLowerCase() === 'blksize')
          assert.equal(blksize, wish === undefined ? 512 : Number(wish.value))
        },
      ),
    )
  })

  it('clamps blksize to 65464 and to what the path carries, and never raises it', () => {
    const blksize = (value: string, max?: number): number =>
      negotiate(ask(['blksize', value]), 0, max).blksize
    assert.equal(blksize('8'), 8)
    assert.equal(blksize('65464'), 65464)
    assert.equal(blksize('65465'), 65464)
    assert.equal(blksize('1468', 1368), 1368)
    assert.equal(blksize('1024', 1468), 1024)
    assert.equal(blksize('1024', 2), 8)
  })

  it('grants windows up to 64 blocks', () => {
    const windowsize = (value: string): [number, number] => {
      const { windowsize: size, granted } = negotiate(ask(['windowsize', value]), 0)
      return [size, granted.length]
    }
    assert.deepEqual(windowsize('1'), [1, 1])
    assert.deepEqual(windowsize('16'), [16, 1])
    assert.deepEqual(windowsize('65535'), [64, 1])
    for (const value of ['0', '65536', '-4', 'wide']) assert.deepEqual(windowsize(value), [1, 0], value)
    assert.equal(negotiate(ask(['blksize', '1468']), 0).windowsize, 1)
  })

  it('drops invalid values and goes on with the default', () => {
    for (const value of ['7', '0', '-8', '', 'big', '1432.5', '0x200', ' 512', '9'.repeat(30)]) {
      const { granted, blksize } = negotiate(ask(['blksize', value]), 5)
      assert.deepEqual([granted, blksize], [[], 512], value)
    }
    for (const value of ['0', '256', '-1', 'soon']) {
      assert.equal(negotiate(ask(['timeout', value]), 5).timeout, undefined, value)
      assert.deepEqual(negotiate(ask(['timeout', value]), 5).granted, [], value)
    }
    assert.equal(negotiate(ask(['timeout', '1']), 5).timeout, 1)
    assert.equal(negotiate(ask(['timeout', '255']), 5).timeout, 255)
    assert.deepEqual(negotiate(ask(['tsize', 'x']), 5).granted, [])
  })
})
