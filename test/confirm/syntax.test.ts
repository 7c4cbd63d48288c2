/**
 * The parser against iPXE itself: random scripts of `echo` and unknown commands run in a Linux build of iPXE, and
 * by a few lines of code on our tree. What is printed must be the same, line for line.
 *
 * Takes an iPXE of 2026-07-16 or later (it needs `data:` URIs), built for Linux with `oracle.ipxe` embedded; its path
 * comes from IPXETOOL_IPXE_ORACLE. CI has none.
 */
import assert from 'node:assert/strict'
import { execaSync } from 'execa'
import fc from 'fast-check'
import { linesOf, parse, wordsOf, type Script } from '../../src/index.js'
import { textToBytes } from '../../src/syntax/bytes.js'
import { printJoined } from '../../src/syntax/stringify.js'
import type { Word } from '../../src/ast/nodes.js'
import { notRun } from '../support/not-run.js'

const oracle = process.env.IPXETOOL_IPXE_ORACLE

/** What real iPXE prints, colours and banner removed. */
function ask(script: string): string {
  const { stdout } = execaSync(
    oracle!,
    ['--settings', `b=${Buffer.from(script, 'latin1').toString('base64')}`],
    {
      stdin: 'pipe',
      encoding: 'latin1',
      reject: false,
      timeout: 20_000,
    },
  )
  const output = stdout.split('==8<==').slice(1).join('==8<==')
  // eslint-disable-next-line no-control-regex
  return tidy(output.replace(/\x1b\[[0-9;]*[A-Za-z]/g, ''))
}

/** The terminal adds CR; the parent says how the script ended; both are beside the point. */
function tidy(output: string): string {
  return output
    .replace(/\r/g, '')
    .split('\n')
    .filter((line) => line !== '' && !/^(Could not boot|script : \d+ bytes|data:)/.test(line))
    .join('\n')
}

/** As `core/exec.c` `system` and `image/script.c`: settings are all unset here. */
function predict(tree: Script): string {
  let output = ''
  for (const line of linesOf(tree)) {
    let status = 0
    let run = true
    let words: Word[] = []
    const finish = (): void => {
      if (!run) return
      const [name, ...args] = words.map(expand)
      status = name === undefined || name === 'echo' ? 0 : 1
      if (name === 'echo') output += `${args.join(' ')}\n`
      else if (name !== undefined) output += `${name}: command not found\n`
    }
    for (const child of line.children) {
      if (child.type === 'command') words = wordsOf(child)
      if (child.type !== 'operator') continue
      finish()
      words = []
      run = child.value === ';' || (child.value === '&&') === (status === 0)
    }
    finish()
    if (status !== 0) break
  }
  return tidy(output)
}

function expand(word: Word): string {
  return word.children.map((child) => (child.type === 'reference' ? '' : printJoined(child))).join('')
}

const words = fc.constantFrom(
  ...[
    'echo',
    'echo',
    'echo',
    'nope',
    'a',
    'b"',
    "'c",
    '#x',
    'x#y',
    '||',
    '&&',
    ';',
    'a;',
    'a||b',
    ';;',
    '|',
    '${',
    '}',
  ],
  ...[
    '${u}',
    'x${u}y',
    '${u/v:w}',
    '${${u}}',
    'p${u${v}q}r',
    '${',
    '$',
    '{',
    ':l',
    '\xe4\xc4',
    '\\',
    '/',
    '1',
  ],
)
const gaps = fc.constantFrom(
  ' ',
  ' ',
  ' ',
  '\t',
  '  ',
  '\v',
  '\f',
  '\r',
  '',
  '\\\n',
  ' \\\n ',
  '\\\r\n',
  ' \\\n',
)
const ends = fc.constantFrom('\n', '\n', '\n', '\r\n', '\n\n', ' ||\n', ' ||\n', ' || \r\n', ' ; \n')
const starts = fc.constantFrom('', '', ' ', ':l ', ':m\t', ' :n ', '# ', 'echo ', 'echo ')
const line = fc
  .tuple(starts, fc.array(fc.tuple(words, gaps), { maxLength: 7 }), ends)
  .map(([start, body, end]) => start + body.flat().join('') + end)
const script = fc.array(line, { minLength: 1, maxLength: 6 }).map((lines) => `#!ipxe\n${lines.join('')}`)

describe('the parser against real iPXE', function () {
  this.timeout(600_000)

  before(function () {
    if (!oracle) {
      notRun(this, 'no real iPXE to compare with: set IPXETOOL_IPXE_ORACLE (see the head of the test)', {
        allowedInCi: true,
      })
    }
  })

  it('prints what iPXE prints, for random scripts', () => {
    let printed = 0
    fc.assert(
      fc.property(script, (source) => {
        const expected = ask(source)
        printed += expected.length
        assert.equal(predict(parse(textToBytes(source))), expected, JSON.stringify(source))
      }),
      { numRuns: Number(process.env.IPXETOOL_ORACLE_RUNS ?? 300) },
    )
    assert.ok(printed > 1000, 'the scripts printed too little to prove anything')
  })
})
