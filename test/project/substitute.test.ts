import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Script } from '../../src/ast/nodes.js'
import { bytesToText } from '../../src/syntax/bytes.js'
import { parse } from '../../src/syntax/parse.js'
import { stringify } from '../../src/syntax/stringify.js'
import { shape } from '../../src/project/shape.js'
import { substitute } from '../../src/project/substitute.js'
import type { Allowance, Value } from '../../src/project/variables.js'
import { decodeText } from '../../src/syntax/bytes.js'
import { placeOf } from '../../src/analysis/places.js'
import { walk } from '../../src/ast/walk.js'

interface Given {
  text: string
  allow?: Allowance[]
  type?: Value['type']
}

interface Result {
  script: Script
  printed: string
  problems: string[]
}

function run(source: string, given: Record<string, string | Given>): Result {
  const script = parse(source, { positions: false })
  const problems: string[] = []
  substitute(script, {
    look({ name }) {
      const value = given[name]
      if (value === undefined) return undefined
      const { text, allow = [], type = 'string' } = typeof value === 'string' ? { text: value } : value
      return { name, variable: name, type, text, allow: new Set(allow), from: 'test' }
    },
    report({ reason, note }, variable, line) {
      const place = placeOf(line, variable.span)
      problems.push(`${place?.start.line}:${place?.start.column} ${reason}. ${note}`)
    },
  })
  return { script, printed: decodeText(bytesToText(stringify(script))), problems }
}

function becomes(source: string, given: Record<string, string | Given>, expected: string): void {
  const { printed, problems, script } = run(source, given)
  assert.deepEqual(problems, [])
  assert.equal(printed, expected)
  assert.equal(shape(parse(expected)), shape(script))
}

function refused(source: string, given: Record<string, string | Given>, expected: RegExp): void {
  const { problems } = run(source, given)
  assert.equal(problems.length, 1, problems.join('\n'))
  assert.match(problems[0]!, expected)
}

describe('substitution', () => {
  it('puts values into words, labels, targets and names of settings', () => {
    const given = { a: 'x', url: 'http://m/p?q=1&r=2', n: 'net0', c: 'ttyS0,115200' }
    becomes('chain $<url>\n', given, 'chain http://m/p?q=1&r=2\n')
    becomes(
      'kernel $<url> console=$<c> a$<a>b$<a>\n',
      given,
      'kernel http://m/p?q=1&r=2 console=ttyS0,115200 axbx\n',
    )
    becomes(':$<a>\ngoto $<a>\n', given, ':x\ngoto x\n')
    becomes(':l-$<a> echo $<a>\n', given, ':l-x echo x\n')
    becomes('echo ${$<n>/mac:hexhyp} ${${$<a>}}\n', given, 'echo ${net0/mac:hexhyp} ${${x}}\n')
    becomes('$<a> && $<a> || $<a> ; $<a>\n', given, 'x && x || x ; x\n')
  })

  it('leaves comments, and what has no value, as they are', () => {
    becomes('echo a # $<a> \n# $<a>\n', { a: 'x' }, 'echo a # $<a> \n# $<a>\n')
    assert.equal(run('echo $<b> $<a>\n', { a: 'x' }).printed, 'echo $<b> x\n')
  })

  it('writes UTF-8 and keeps every other byte', () => {
    becomes('echo $<a>\n', { a: 'größer 机' }, 'echo größer 机\n')
    const source = Uint8Array.from([...new TextEncoder().encode('echo $<a> '), 0xff, 0x80, 0x0d, 0x0a])
    const script = parse(source)
    const value: Value = { name: 'a', variable: 'a', type: 'string', text: 'ü', allow: new Set(), from: '' }
    substitute(script, { look: () => value, report: () => assert.fail() })
    assert.deepEqual([...stringify(script)], [...new TextEncoder().encode('echo ü '), 0xff, 0x80, 0x0d, 0x0a])
  })

  it('keeps continuations, also inside a variable', () => {
    becomes('echo a$<v>b\\\nc d\n', { v: 'long' }, 'echo alongb\\\nc d\n')
    becomes('echo a$<l\\\nong>b\\\nc d\n', { long: 'x' }, 'echo a\\\nxb\\\nc d\n')
    becomes('echo ${a$<v>}b\\\nc d\n', { v: 'long' }, 'echo ${along}b\\\nc d\n')
    becomes('kernel a \\\n  $<v> \\\n  b\n', { v: { text: '', allow: ['words'] } }, 'kernel a \\\n \\\n  b\n')
    becomes(
      'kernel a b$<v>c\\\n\\\nd\n',
      { v: { text: 'x  y', allow: ['words'] } },
      'kernel a bx yc\\\n\\\nd\n',
    )
  })

  it('gives every new node the place of the variable', () => {
    const { script } = run('menu a$<t>b\n', { t: 'x y' })
    const spans: unknown[] = []
    walk(script, (node) => {
      if (node.type === 'text') spans.push([node.value, node.span])
      return undefined
    })
    assert.deepEqual(spans, [
      ['menu', [0, 4]],
      ['a', [5, 6]],
      ['x', [6, 10]],
      ['y', [6, 10]],
      ['b', [10, 11]],
    ])
  })

  it('lets blanks through where iPXE joins words anyway', () => {
    const given = { t: 'two words' }
    becomes('menu $<t>\n', given, 'menu two words\n')
    becomes('menu --name m -- $<t>\n', given, 'menu --name m -- two words\n')
    becomes('item --key x target ($<t>)\n', given, 'item --key x target (two words)\n')
    becomes('item --gap -- $<t>\n', given, 'item --gap -- two words\n')
    becomes('prompt --key 0x02 $<t>\n', given, 'prompt --key 0x02 two words\n')
    becomes('set title $<t>\n', given, 'set title two words\n')
    becomes('param key $<t>\n', given, 'param key two words\n')
    becomes('echo $<t> && echo $<t>\n', given, 'echo two words && echo two words\n')
    becomes('time echo $<t>\n', given, 'time echo two words\n')
    for (const line of [
      'kernel $<t>',
      'item $<t> x',
      'set $<t> x',
      'param $<t> x',
      'menu --name $<t>',
      'iseq $<t> x',
      'kernel a b=$<t>',
      '$<t>',
      'goto $<t>',
      ':$<t>',
      'echo ${$<t>}',
      'unknown $<t>',
    ]) {
      refused(line, given, /holds a blank/)
    }
  })

  it('lets a variable be several words, none, settings or options when it is declared so', () => {
    const words: Given = { text: 'a=1 \t b=2', allow: ['words'] }
    becomes('kernel x $<v> y\n', { v: words }, 'kernel x a=1 b=2 y\n')
    becomes('kernel x $<v> y\n', { v: { ...words, text: '' } }, 'kernel x y\n')
    becomes('kernel x -$<v>- y\n', { v: words }, 'kernel x -a=1 b=2- y\n')
    becomes('kernel x $<v>\n', { v: { text: '-v -x', allow: ['words'] } }, 'kernel x -v -x\n')
    becomes(
      'chain $<v>\n',
      { v: { text: 'http://${next-server}/${net${n}/mac}', allow: ['settings'] } },
      'chain http://${next-server}/${net${n}/mac}\n',
    )
    becomes(
      'choose $<v> t\n',
      { v: { text: '--default a --keep', allow: ['words', 'options'] } },
      'choose --default a --keep t\n',
    )
    refused('choose $<v> t\n', { v: { text: '--keep', allow: ['words'] } }, /begins with `-`/)
  })

  const everywhere: [value: string, expected: RegExp][] = [
    ['a\tb', /holds a TAB/],
    ['a\nb', /holds a line break.*end the line/],
    ['a\n', /holds a line break.*`>-`/],
    ['a\rb', /holds a carriage return/],
    ['a\0b', /holds a NUL byte/],
    ['a\vb', /holds a vertical TAB/],
    ['a\fb', /holds a form feed/],
    [' a', /blank/],
    ['a ', /blank/],
    ['a  b', /blank/],
    ['#a', /begins with `#`/],
    ['&&', /operator `&&`/],
    ['||', /operator `\|\|`/],
    [';', /operator `;`/],
    ['', /is empty/],
    ['a${b}', /holds `\$\{`.*`allow: \[settings\]`/],
    ['a\\', /ends with a backslash/],
  ]
  for (const [text, expected] of everywhere) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      refused('kernel x $<v>\n', { v: text }, /^1:10 /)
      refused('kernel x $<v>\n', { v: text }, expected)
      refused('echo $<v>', { v: text }, expected)
      refused('$<v>\n', { v: text }, expected)
      const { script } = run('kernel x $<v>\n', { v: text })
      assert.equal(bytesToText(stringify(script)), 'kernel x $<v>\n', 'the variable stays')
    })
  }

  it('refuses what only some places cannot take', () => {
    refused('$<v> a\n', { v: ':x' }, /begins with `:`/)
    refused('  $<v> a\n', { v: ':x' }, /begins with `:`/)
    becomes(':l $<v> a\n', { v: ':x' }, ':l :x a\n')
    becomes('echo $<v>\n', { v: ':x' }, 'echo :x\n')
    refused('echo $<v>\n', { v: '-n' }, /begins with `-`.*`allow: \[options\]`/)
    refused('menu --name $<v> x\n', { v: '-n' }, /begins with `-`/)
    refused('menu --name a $<v> x\n', { v: '-n' }, /begins with `-`/)
    refused('$<v> x\n', { v: '-n' }, /begins with `-`/)
    refused('menu $<v>\n', { v: 'a #1' }, /gives the word `#1`/)
    becomes('echo -- $<v>\n', { v: '-n' }, 'echo -- -n\n')
    becomes('echo a $<v>\n', { v: '-n' }, 'echo a -n\n')
    becomes('kernel x a$<v>\n', { v: '#&&' }, 'kernel x a#&&\n')
    becomes('kernel x $<v> \n', { v: 'a\\' }, 'kernel x a\\ \n')
    becomes('kernel x $<v>\\\ny\n', { v: 'a\\' }, 'kernel x a\\\\\ny\n')
    refused('kernel x $<v>\r\n', { v: 'a\\' }, /backslash/)
    refused(':$<v>\n', { v: 'a\\' }, /backslash/)
    refused(':$<v>\n', { v: '' }, /is empty/)
    refused(':$<v>\n', { v: { text: '${a}', allow: ['settings'] } }, /does not expand settings in labels/)
    refused('echo ${$<v>}\n', { v: 'net0/mac' }, /holds `\/`/)
    refused('echo ${$<v>}\n', { v: 'a:hex' }, /holds `:`/)
    refused('echo ${$<v>}\n', { v: 'a}b' }, /holds `}`/)
    refused('$<v> x\n', { v: { text: '', allow: ['words'] } }, /lose its command/)
    refused('menu --$<v> x\n', { v: '' }, /end of the options/)
  })

  it('refuses what forms something only together with the text around it', () => {
    refused('kernel x $<a>$<b>\n', { a: '|', b: '|' }, /operator `\|\|`/)
    refused('kernel x $<a>|\n', { a: '|' }, /operator `\|\|`/)
    refused('kernel x |$<a>\n', { a: '|' }, /operator `\|\|`/)
    refused('kernel x $<a>{b}\n', { a: '$' }, /would change how iPXE reads/)
    refused('kernel x $$<a>b}\n', { a: '{' }, /would change how iPXE reads/)
    refused('kernel x $<a>$<b>b}\n', { a: '$', b: '{' }, /would change how iPXE reads/)
    refused('kernel x ${a$<a>b}\n', { a: { text: '}', allow: ['settings'] } }, /would change how iPXE reads/)
    refused('kernel x ${a$<a>\n', { a: '}' }, /would change how iPXE reads/)
    refused('kernel x $<a><b>\n', { a: '$' }, /would change how iPXE reads/)
    refused('kernel x $<a>#b\n', { a: '' }, /gives the word `#b`/)
    refused('echo $<a>-b\n', { a: '' }, /gives the word `-b`/)
    refused('kernel x $<a>$<b>\n', { a: '', b: '' }, /is empty/)
  })

  it('checks the slash between a URL and what follows', () => {
    const url = (text: string): Given => ({ text, type: 'url' })
    refused(
      'kernel $<u>/vmlinuz\n',
      { u: url('http://m/os/') },
      /ends with `\/` and the text after it begins/,
    )
    refused('kernel $<u>images\n', { u: url('http://m/os') }, /no `\/` between/)
    refused('kernel $<u>$<p>\n', { u: url('http://m/os'), p: 'images' }, /no `\/` between/)
    becomes('kernel $<u>images\n', { u: url('http://m/os/') }, 'kernel http://m/os/images\n')
    becomes('kernel $<u>/images\n', { u: url('http://m/os') }, 'kernel http://m/os/images\n')
    becomes('kernel $<u>?a\n', { u: url('http://m/os/') }, 'kernel http://m/os/?a\n')
    becomes('kernel $<u>.sig\n', { u: url('http://m/os.img') }, 'kernel http://m/os.img.sig\n')
    becomes('kernel $<u>5\n', { u: url('http://m/?q=') }, 'kernel http://m/?q=5\n')
    becomes('kernel $<u>images\n', { u: 'http://m/os' }, 'kernel http://m/osimages\n')
  })

  it('is linear: long scripts come to an end', () => {
    run('$<a> '.repeat(30_000), { a: 'x' })
    run(`echo ${'$<a>'.repeat(30_000)}`, { a: 'x' })
    run(`echo ${'${'.repeat(30_000)}$<a>${'}'.repeat(30_000)}`, { a: 'x' })
    run('echo $<a>\n'.repeat(10_000), { a: 'x y' })
    assert.equal(run('echo $<a>\n'.repeat(10_000), { a: 'x y' }).problems.length, 0)
  }).timeout(60_000)
})

describe('the law of substitution', () => {
  const piece = fc.constantFrom(
    ...[
      '$<a>',
      '$<b>',
      '$<a>',
      '$<b>',
      ' ',
      ' ',
      '\n',
      'echo ',
      'menu ',
      'kernel x ',
      'item --gap ',
      ':l',
      '\\\n',
      '\r\n',
      '\t',
    ],
    ...[
      '#',
      ':',
      '-',
      '--',
      '&&',
      '||',
      ';',
      '|',
      '&',
      '$',
      '{',
      '}',
      '${',
      '<',
      '>',
      '/',
      '\\',
      'x',
      '\0',
      'ü',
      '${x}',
      '${$<a>}',
      '${a/$<b>:c}',
    ],
  )
  const source = fc.array(piece, { maxLength: 14 }).map((parts) => parts.join(''))
  const text = fc.oneof(
    fc
      .array(
        fc.constantFrom(
          ...[
            '',
            'v',
            'w',
            ' ',
            '  ',
            '\t',
            '\n',
            '\r',
            '#',
            ':',
            '-',
            '&&',
            '||',
            ';',
            '|',
            '&',
            '$',
            '{',
            '}',
            '${',
            '${y}',
            '<',
            '>',
            'b>',
            '/',
            '\\',
            '\0',
            'ü',
            '$<a>',
          ],
        ),
        { maxLength: 4 },
      )
      .map((parts) => parts.join('')),
    fc.string({ maxLength: 6 }),
  )
  const given = fc.record({ text, allow: fc.subarray<Allowance>(['words', 'settings', 'options']) })

  it('what is printed reads as the tree that was printed', () => {
    let accepted = 0
    fc.assert(
      fc.property(source, given, given, (script, a, b) => {
        const result = run(script, { a, b })
        const again = parse(stringify(result.script))
        assert.equal(shape(again), shape(result.script))
        if (result.problems.length > 0 || !script.includes('$<')) return
        accepted++
        // and nothing but words and text has come into it
        const kinds = (tree: Script): string[] =>
          tree.children.map((line) =>
            line.type === 'line'
              ? line.children
                  .map(({ type }) => type)
                  .filter((type) => type !== 'blank' && type !== 'continuation')
                  .join(' ')
              : line.type,
          )
        assert.deepEqual(kinds(again), kinds(parse(script)))
      }),
      { numRuns: 6000 },
    )
    assert.ok(accepted > 300, `only ${accepted} accepted`)
  }).timeout(60_000)
})
