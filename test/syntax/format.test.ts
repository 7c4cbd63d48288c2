import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import type { Script } from '../../src/ast/nodes.js'
import { bytesToText, textToBytes } from '../../src/syntax/bytes.js'
import { format } from '../../src/syntax/format.js'
import { parse } from '../../src/syntax/parse.js'
import { printJoined } from '../../src/syntax/stringify.js'

const formatted = (text: string): string => bytesToText(format(textToBytes(text)))

/** Commands with their words, labels, comments, and the operators that decide something, in order. */
function meaning({ children }: Script): string[] {
  const tokens = children.flatMap((line): string[] => {
    if (line.type === 'invalid') return [line.value]
    const first = line.children[0]
    return line.children.flatMap((child, index): string[] => {
      if (child.type === 'command') {
        return child.children.flatMap((word) => (word.type === 'word' ? [`word ${printJoined(word)}`] : []))
      }
      if (child.type === 'comment') return [`comment #${child.value.replace(/[ \t\v\f\r]+$/, '')}`]
      if (child.type === 'operator') return [child.value]
      if (child.type === 'lineEnding') return index === 0 || first?.type === 'blank' ? [] : ['']
      return child.type === 'label' || child.type === 'ignored' ? [`${child.type} ${printJoined(child)}`] : []
    })
  })
  return tokens
}

/** Where lines end does not count: a label and its command, and what stands after an `echo`, get lines of their own. */
function sameMeaning(before: string, after: string): void {
  const [a, b] = [before, after].map((text) => meaning(parse(textToBytes(text))))
  const [words, others] = [a!, b!].map((tokens) => tokens.filter((token) => !['', ';', '&&'].includes(token)))
  assert.deepEqual(others, words)
  const count = (tokens: readonly string[], wanted: string): number =>
    tokens.filter((token) => token === wanted).length
  assert.equal(count(b!, '||'), count(a!, '||'))
  assert.ok(count(b!, '&&') <= count(a!, '&&') && count(b!, ';') <= count(a!, ';'))
}

const fragments = fc.constantFrom(
  ...[
    '#!ipxe\n',
    '\\\n',
    '\\\r\n',
    '\\',
    '\n',
    '\n\n',
    '\r',
    '\r\n',
    '\0',
    '\xff',
    '\xef\xbb\xbf',
    ' ',
    '\t',
    '\v',
  ],
  ...[
    '#',
    '# ',
    ':',
    ':l',
    ' || ',
    ' && ',
    ' ; ',
    '${a}',
    '$<x>',
    'echo ',
    'item ',
    '--key ',
    '-k',
    'a',
    'b ',
  ],
  ...['# ipxetool disable=x\n', '\n:l ', '\nitem a b\n', '\nitem --gap c\n', '\necho a ; echo b\n', '\xa0'],
)
const script = fc.oneof(
  fc.uint8Array({ maxLength: 120 }).map((bytes) => bytesToText(bytes)),
  fc.array(fragments, { maxLength: 40 }).map((parts) => parts.join('')),
  fc.array(fragments, { maxLength: 40 }).map((parts) => `#!ipxe\n${parts.join('')}`),
)

describe('format', () => {
  it('is idempotent, and keeps commands, words, labels, comments and their order', () => {
    fc.assert(
      fc.property(script, (text) => {
        const once = formatted(text)
        sameMeaning(text, once)
        assert.equal(formatted(once), once)
        // what is a script, and what is none, stays so
        const isScript = /^#!(ipxe|gpxe)[ \t\n\v\f\r]/
        assert.equal(isScript.test(once), isScript.test(text))
      }),
      { numRuns: 3000 },
    )
  })

  it('the same for the scripts of this repository', () => {
    const root = fileURLToPath(new URL('../..', import.meta.url))
    let count = 0
    for (const folder of ['menus', 'embed', 'docs', 'test']) {
      for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !entry.name.endsWith('.ipxe')) continue
        const text = readFileSync(join(entry.parentPath, entry.name), 'latin1')
        sameMeaning(text, formatted(text))
        assert.equal(formatted(formatted(text)), formatted(text), entry.name)
        count++
      }
    }
    assert.ok(count > 8, String(count))
  })

  const cases: Record<string, [before: string, after: string]> = {
    'blanks and indentation': ['#!ipxe\n  set\ta   1 \n', '#!ipxe\nset a 1\n'],
    'line ends': ['#!ipxe\r\necho\r\necho a', '#!ipxe\necho\necho a\n'],
    'blank lines': ['#!ipxe\n\n\n\necho\n\n\n', '#!ipxe\n\necho\n'],
    'labels get a blank line, comments before them stay with them': [
      '#!ipxe\necho\n# why\n:a\necho\n:b\n',
      '#!ipxe\necho\n\n# why\n:a\necho\n\n:b\n',
    ],
    'a command after a label': ['#!ipxe\n:a echo x # y\n', '#!ipxe\n\n:a\necho x # y\n'],
    'but for a directive that is for both': [
      '#!ipxe\n:a echo x # ipxetool disable=y\n# ipxetool disable=y\n\n:b echo\n',
      '#!ipxe\n\n:a echo x # ipxetool disable=y\n# ipxetool disable=y\n\n:b echo\n',
    ],
    'what follows an echo': [
      'echo a ; echo b && goto c || d\necho -n a ; b\necho ${x} ; b\nset a ; b\necho a || b\n',
      'echo a\necho b\ngoto c || d\necho -n a ; b\necho ${x} ; b\nset a ; b\necho a || b\n',
    ],
    continuations: ['kernel x  \\\n a\\\nb\\\n   c\\\n\n', 'kernel x \\\n    a\\\nb \\\n    c\n'],
    'a backslash that must not join': ['echo \\ \necho # x\\ \necho\n', 'echo \\ \necho # x\\ \necho\n'],
    items: [
      'menu\nitem --gap   x  y\nitem a First\nitem  --key b  longer  Second # c\n# d\nitem ${x} t\nitem z Last\n',
      'menu\nitem --gap x y\nitem a               First\nitem --key b longer  Second # c\n# d\nitem ${x} t\nitem z               Last\n',
    ],
    'what is no script stays none': [' #!ipxe\n', ' #!ipxe\n'],
    'nor does it become one by a line end': ['#!ipxe', '#!ipxe'],
    'after NUL nothing is read': ['echo  a \0  b \r\n', 'echo  a \0  b \r\n'],
    'an unfinished line': ['#!ipxe\n  echo\n  a  \\', '#!ipxe\necho\n  a  \\'],
    'bytes of any encoding': ['item gr\xfc\xdf  x\nitem a b\n', 'item gr\xfc\xdf  x\nitem a     b\n'],
  }
  for (const [name, [before, after]] of Object.entries(cases)) {
    it(name, () => {
      assert.equal(formatted(before), after)
    })
  }

  it('is linear', function () {
    this.timeout(60_000)
    for (const unit of [
      '\n',
      ':a\n',
      '# a\n',
      'item a b\n',
      'echo a ; ',
      ' \\\n a',
      '#\n:a\n',
      ' ',
      '\\\n',
    ]) {
      const text = unit.repeat((1 << 16) / unit.length)
      assert.ok(formatted(`#!ipxe\n${text}`).length > 0)
    }
  })
})
