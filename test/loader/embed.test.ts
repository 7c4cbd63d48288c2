import assert from 'node:assert/strict'
import fc from 'fast-check'
import { buildOptions } from '../../src/data/build-options.js'
import {
  checkCommands,
  embeddedNames,
  largestScript,
  optionsWantedBy,
  prepareEmbed,
} from '../../src/loader/embed.js'
import { stripComments } from '../../src/loader/strip.js'
import { parse } from '../../src/syntax/parse.js'
import { printNode } from '../../src/syntax/stringify.js'
import { bytes, script, textOf } from './support.js'

const everything = new Set(buildOptions.map(({ name }) => name))
const problemsOf = (text: string): string =>
  prepareEmbed(script(text), true)
    .diagnostics.map(({ severity, ruleId, reason }) => `${severity} ${ruleId} ${reason}`)
    .join('\n')

describe('stripComments', () => {
  it('leaves out comments, directives and empty lines', () => {
    const text =
      '#!ipxe\n# why\n\n  # ipxetool disable=unset-setting\necho a # b\n:top # c\n  goto top\r\n# x \\\n y\nexit'
    assert.equal(textOf(stripComments(parse(text))), '#!ipxe\necho a\n:top\n  goto top\r\nexit\n')
  })

  it('keeps what only looks like a comment', () => {
    const text = '#!ipxe\necho a#b ${net0/mac}#c http://h/#d\nset x \\\n  y\n'
    assert.equal(textOf(stripComments(parse(text))), text)
  })

  /** What iPXE runs: labels, commands and operators, line by line. */
  const running = (value: Uint8Array): string[] =>
    parse(value).children.flatMap((line) => {
      const tokens = line.type === 'invalid' ? [line] : line.children
      const kept = tokens.filter(
        ({ type }) => !['blank', 'comment', 'continuation', 'ignored', 'lineEnding'].includes(type),
      )
      return kept.length === 0 ? [] : [kept.map(printNode).join(' ').trim()]
    })

  it('keeps what runs', () => {
    const piece = fc.constantFrom(
      '#',
      'echo a',
      ' ',
      '\n',
      '||',
      ' && ',
      ';',
      ':label',
      '\\\n',
      '${x}',
      '# c',
      '\r\n',
      'goto label',
      '\t',
      '#x',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const value = bytes(`#!ipxe\n${pieces.join('')}\n`)
        const stripped = stripComments(parse(value))
        assert.deepEqual(running(stripped), running(value))
        assert.deepEqual(stripComments(parse(stripped)), stripped)
      }),
      { numRuns: 500 },
    )
  })
})

describe('prepareEmbed', () => {
  it('returns the script without its comments', () => {
    const prepared = prepareEmbed(script('#!ipxe\n# a\ndhcp || shell\n'), true)
    assert.equal(textOf(prepared.bytes!), '#!ipxe\ndhcp || shell\n')
    assert.deepEqual(prepared.diagnostics, [])
  })

  const refused: [name: string, text: string, problem: RegExp][] = [
    ['no magic', 'dhcp\n', /error missing-magic/],
    ['a byte order mark', '\ufeff#!ipxe\ndhcp\n', /error /],
    ['an empty first line', '\n#!ipxe\ndhcp\n', /error /],
    ['an unknown command', '#!ipxe\nlinux x\n', /error unknown-command/],
    ['a missing label', '#!ipxe\ngoto nowhere\n', /error missing-label/],
    ['a NUL', '#!ipxe\necho a\0b\n', /error .*nul/],
    ['an include', '#!ipxe\n# ipxetool include common.ipxe\n', /error embed-include/],
    ['an unfinished line', '#!ipxe\necho a \\\n', /error /],
    ['our marker', '#!ipxe\necho ipxetool-slot-end\n', /error embed-marker/],
    ['nothing', '', /error embed-size The file is empty/],
    [
      '2 MB',
      `#!ipxe\n${'echo a line of text\n'.repeat(100_000)}`,
      /error embed-size The file has 2000007 bytes/,
    ],
  ]
  for (const [name, text, problem] of refused) {
    it(`refuses ${name}`, () => {
      assert.match(problemsOf(text), problem)
      assert.equal(prepareEmbed(script(text), true).bytes, undefined)
    })
  }

  it('takes data beside the script as it is', () => {
    const data = {
      name: 'logo.png',
      bytes: Uint8Array.from({ length: largestScript + 1 }, (_, index) => index),
    }
    assert.equal(prepareEmbed(data, false).bytes, data.bytes)
    assert.equal(prepareEmbed(data, true).bytes, undefined)
  })

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.boolean(),
        (value, first) => void prepareEmbed({ name: 'x', bytes: value }, first),
      ),
    )
  })
})

describe('checkCommands', () => {
  const check = (text: string, without: string): string =>
    checkCommands(parse(text), 'x', new Set([...everything].filter((name) => name !== without)))
      .map(({ severity, reason, place }) => `${severity} ${place?.start.line} ${reason}`)
      .join('\n')

  it('tells where a command is that the loader lacks', () => {
    assert.match(check('#!ipxe\nping h\n', 'PING_CMD'), /^error 2 .*`ping`: `PING_CMD` is off/)
    assert.match(check('#!ipxe\nping h && shell\n', 'PING_CMD'), /^error/)
    assert.match(check('#!ipxe\nping h ||\n', 'PING_CMD'), /^info/)
    assert.match(check('#!ipxe\nshell || ping h\n', 'PING_CMD'), /^error/)
    assert.match(check('#!ipxe\nsha256sum x\n', 'CRYPTO_DIGEST_SHA256'), /CRYPTO_DIGEST_SHA256/)
    assert.equal(check('#!ipxe\ngdbstub x\n', 'GDBUDP'), '')
    assert.equal(check('#!ipxe\nping h\n', 'NTP_CMD'), '')
  })
})

describe('optionsWantedBy', () => {
  it('reads the URLs that are written out', () => {
    const text = '#!ipxe\nset u HTTPS://h/${x}\nchain nfs://h/a || chain ${u}\necho ftp://nothing\n'
    assert.deepEqual(
      [...optionsWantedBy(parse(text))],
      [
        ['DOWNLOAD_PROTO_HTTPS', 'HTTPS://h/\ue000'],
        ['DOWNLOAD_PROTO_NFS', 'nfs://h/a'],
      ],
    )
  })
})

describe('embeddedNames', () => {
  it('are names that make can bear, each once', () => {
    const files = [
      'a b.ipxe',
      'dir one/logo.png',
      'x,y z.png',
      '/other/logo.png',
      'embed.ipxe',
      '',
      '..',
      '-v',
      'LOGO.png',
      'ü',
    ]
    assert.deepEqual(embeddedNames(files.map((name) => ({ name, bytes: bytes('') }))), [
      'embed.ipxe',
      'logo.png',
      'x-y-z.png',
      'logo-2.png',
      'embed-2.ipxe',
      'file',
      'file-2',
      'v',
      'LOGO-3.png',
      'file-3',
    ])
  })

  it('are safe and unique for all names', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (names) => {
        const found = embeddedNames(names.map((name) => ({ name, bytes: bytes('') })))
        assert.ok(
          found.every((name) => /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name)),
          found.join(' '),
        )
        assert.equal(new Set(found.map((name) => name.toLowerCase())).size, names.length)
      }),
    )
  })
})
