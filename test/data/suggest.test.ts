import assert from 'node:assert/strict'
import { commandNames, settingNames } from '../../src/data/lookup.js'
import { editDistance, suggest } from '../../src/data/suggest.js'

describe('suggest', () => {
  const cases: [string, string | undefined][] = [
    ['kernal', 'kernel'],
    ['chian', 'chain'],
    ['inird', 'initrd'],
    ['initrd', undefined],
    ['imgfech', 'imgfetch'],
    ['got', 'goto'],
    ['CHAIN', 'chain'],
    ['echoo', 'echo'],
    ['sha265sum', 'sha256sum'],
    ['systemctl', undefined],
    ['xx', undefined],
    ['x', undefined],
    ['', undefined],
  ]
  for (const [word, wanted] of cases) {
    it(`${word || '(nothing)'} -> ${wanted ?? 'nothing'}`, () => {
      assert.equal(suggest(word, commandNames), wanted)
    })
  }

  it('works on settings', () => {
    assert.equal(suggest('nextserver', settingNames), 'next-server')
    assert.equal(suggest('manufacterer', settingNames), 'manufacturer')
  })

  it('prefers the nearest, then the one that begins alike', () => {
    assert.equal(suggest('cat', ['bat', 'car']), 'car')
    assert.equal(suggest('menus', ['menut', 'menu']), 'menut')
    assert.equal(suggest('abcdefg', ['abcdexx', 'abcdefx']), 'abcdefx')
  })

  it('is quick on a very long word', () => {
    assert.equal(suggest('a'.repeat(1_000_000), commandNames), undefined)
  })

  it('counts a swap as one edit', () => {
    assert.equal(editDistance('ab', 'ba'), 1)
    assert.equal(editDistance('', 'abc'), 3)
    assert.equal(editDistance('kitten', 'sitting'), 3)
    assert.equal(editDistance('ca', 'abc'), 3)
  })
})
