import assert from 'node:assert/strict'
import fc from 'fast-check'
import { checkScript } from '../../src/rules/check-script.js'
import { textToBytes } from '../../src/syntax/bytes.js'

const pieces = [
  ...[
    '#!ipxe\n',
    '\n',
    '\\\n',
    '\\\r\n',
    '\r',
    '\0',
    ' ',
    '\t',
    '\xff',
    '\xef\xbb\xbf',
    '#',
    '# ipxetool disable=x',
    ':a',
    ':',
    '-',
    '--',
    '=',
  ],
  ...[
    ' && ',
    ' || ',
    ' ; ',
    '&&',
    ';',
    'goto ',
    'set ',
    'echo ',
    'chain ',
    'item ',
    'choose ',
    'time ',
    'kernel ',
    'present',
    'isset ',
  ],
  ...[
    '--name ',
    '-n',
    '--key=',
    '${',
    '}',
    '${a}',
    '${a/b:c}',
    '${${a}}',
    '$<x>',
    'http://',
    'x86',
    '/os/',
    'a',
    '9-stream/',
    'text',
    'ks=',
  ],
]
const script = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .array(fc.constantFrom(...pieces), { maxLength: 60 })
    .map((parts) => textToBytes(`#!ipxe\n${parts.join('')}`)),
)

describe('rules, on any bytes', () => {
  it('never throw, and point into the file', () => {
    fc.assert(
      fc.property(script, (bytes) => {
        const text = Buffer.from(bytes).toString('latin1')
        for (const { place, reason, fix, file } of checkScript(bytes, { path: 'x' })) {
          assert.equal(file, 'x')
          assert.ok(place, reason)
          for (const { line, column, offset } of [place.start, place.end]) {
            assert.ok(offset! >= 0 && offset! <= bytes.length, reason)
            const before = text.slice(0, offset)
            assert.deepEqual(
              [line, column],
              [before.split('\n').length, offset! - before.lastIndexOf('\n')],
              reason,
            )
          }
          assert.ok(place.start.offset! <= place.end.offset!, reason)
          for (const { start, end } of fix?.edits ?? [])
            assert.ok(start >= 0 && start <= end && end <= bytes.length)
        }
      }),
      { numRuns: 3000 },
    )
  })

  const megabyte = 1 << 20
  const size = megabyte / 4
  const hostile: Record<string, string | (() => string)> = {
    '${': '${',
    '${a}': '${a}',
    'words ${a}': '${a} ',
    'deep references': () => '${'.repeat(size / 3) + '}'.repeat(size / 3),
    'time time': 'time ',
    'one word': 'a',
    numbers: '1.',
    'lines of one word': () => Array.from({ length: size / 8 }, (_, i) => `w${i}\n`).join(''),
    'gotos and labels': () => Array.from({ length: size / 16 }, (_, i) => `:l${i}\ngoto m${i}\n`).join(''),
    'computed gotos': () => Array.from({ length: size / 16 }, (_, i) => `:l${i}\ngoto m\${x}${i}\n`).join(''),
    'reads of names': () => Array.from({ length: size / 16 }, (_, i) => `echo \${n${i}}\n`).join(''),
    'sets and reads': () =>
      Array.from({ length: size / 32 }, (_, i) => `set a${i}\${x} b\necho \${b${i}}\n`).join(''),
    'sets of each other': () =>
      Array.from(
        { length: 5000 },
        (_, i) => `set a${i} \${a${i + 1}}\${a${i + 1}}\nkernel x \${a${i}}\n`,
      ).join(''),
    'many values': () =>
      Array.from({ length: 5000 }, (_, i) => `:l${i}\nset a x${i}\nkernel \${a} \${a}\n`).join(''),
    'kernel arguments': () => `set a x\nkernel ${'${a} '.repeat(size / 5)}`,
    'backslash LF': '\\\n',
    'blank and backslash LF': ' \\\na',
    'NUL lines': 'a\0b\n',
    options: '--name x ',
    'bundled flags': '-',
    operators: ' || ',
    'glued operators': 'a&& ',
    'glued semicolons': 'echo; ',
    slashes: '/x86',
    'braces apart': '${ a } ',
    comments: '# ipxetool disable=a,b,c\n',
    'long directive': () => `# ipxetool disable=${'a, '.repeat(size / 3)}`,
    blanks: ' ',
    url: 'http://',
    colons: ':',
  }
  // what is quadratic at this size does not come to an end within mocha's limit; what throws fails
  const check = (text: string): void => {
    for (const { ruleId, reason } of checkScript(textToBytes(text))) assert.ok(ruleId !== '' && reason !== '')
  }
  for (const [name, unit] of Object.entries(hostile)) {
    it(`256 KB of ${name} take linear time`, function () {
      this.timeout(60_000)
      const body = typeof unit === 'string' ? unit.repeat(size / unit.length) : unit()
      check(`#!ipxe\n${body}`)
      check(`#!ipxe\nkernel http://x/ -${body}`)
    })
  }
  for (const unit of ['${', '${a', 'a}', '${a} ', '\\\n', '# ', 'x']) {
    it(`1 MB of ${JSON.stringify(unit)} takes linear time`, function () {
      this.timeout(60_000)
      check(`#!ipxe\necho ${unit.repeat(megabyte / unit.length)}`)
    })
  }
})
