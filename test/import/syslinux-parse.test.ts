import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseSyslinux } from '../../src/import/syslinux/parse.js'

function statements(text: string | Uint8Array): string[] {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  return parseSyslinux('f', bytes).map(({ keyword, value, place }) => {
    const { start, end } = place!
    return `${start.line}:${start.column}-${end.column} ${keyword}=${value}`
  })
}

describe('parseSyslinux', () => {
  const cases: [title: string, text: string, expected: string[]][] = [
    ['keywords in any case', 'LaBeL  Linux \n\tKERNEL a b\r\n', ['1:1-13 label=Linux', '2:2-12 kernel=a b']],
    ['no comments and no empty lines', '# LABEL x\n\n   #y\n \nUI menu.c32', ['5:1-12 ui=menu.c32']],
    ['the second word of MENU', 'Menu  TITLE  A  ^B', ['1:1-19 menu title=A  ^B']],
    ['the third one of MASTER PASSWD', 'menu master passwd $1$x', ['1:1-24 menu master passwd=$1$x']],
    ['a word alone', 'menu\nTEXT\nendtext\nappend', ['1:1-5 menu=', '2:1-5 text=', '4:1-7 append=']],
    [
      'no help texts',
      'TEXT HELP\n  LABEL evil\n# x\n endText\nLABEL good',
      ['1:1-10 text help=', '5:1-11 label=good'],
    ],
    ['a help text that never ends', 'LABEL a\ntext help\nLABEL b', ['1:1-8 label=a', '2:1-10 text help=']],
    ['a byte order mark', '\ufeffLABEL a', ['1:1-8 label=a']],
  ]
  for (const [title, text, expected] of cases) {
    it(`reads ${title}`, () => {
      assert.deepEqual(statements(text), expected)
    })
  }

  it('reads UTF-8, and Latin-1 where it is none; columns are bytes', () => {
    assert.deepEqual(statements('menu label Büro'), ['1:1-17 menu label=Büro'])
    assert.deepEqual(statements(Uint8Array.from(Buffer.from('menu label B\xfcro', 'latin1'))), [
      '1:1-16 menu label=Büro',
    ])
  })

  it('points to the bytes that it read', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(' ', '\t', '\r', '\n', 'label', '#', 'ü', '\0', 'menu', 'x')),
        (characters) => {
          const bytes = new TextEncoder().encode(characters.join(''))
          for (const { keyword, place } of parseSyslinux('f', bytes)) {
            const text = Buffer.from(bytes).toString('latin1', place!.start.offset, place!.end.offset)
            assert.equal(text, text.trim())
            assert.ok(text.toLowerCase().startsWith(keyword.split(' ')[0]!))
          }
        },
      ),
    )
  })

  it('takes linear time for long lines', () => {
    const long = ' '.repeat(500_000)
    assert.equal(statements(`label${long}x${long}y`).length, 1)
    assert.equal(statements(`${long}label`.repeat(2)).length, 1)
  })
})
