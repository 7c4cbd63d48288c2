import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type CleanName, cleanHttpTarget, cleanTftpName } from '../../src/serve/names.js'
import { printable } from '../../src/serve/printable.js'

const shown = (name: CleanName): string => (name.ok ? `/${name.segments.join('/')}` : name.refusal)
const tftp = (name: string): string => shown(cleanTftpName(name))
const http = (target: string): string => shown(cleanHttpTarget(target))

describe('names of TFTP requests', () => {
  it('are cleaned of what firmware leaves in and behind them', () => {
    assert.equal(tftp('boot.ipxe'), '/boot.ipxe')
    assert.equal(tftp('/boot.ipxe'), '/boot.ipxe')
    assert.equal(tftp('\\menus\\main.ipxe'), '/menus/main.ipxe')
    assert.equal(tftp('//menus///main.ipxe'), '/menus/main.ipxe')
    assert.equal(tftp('./menus/./main.ipxe'), '/menus/main.ipxe')
    assert.equal(tftp('snponly.efi\xff'), '/snponly.efi')
    assert.equal(tftp('snponly.efi\xff\xff\x01\x7f'), '/snponly.efi')
    assert.equal(tftp('snponly.efi\r\n'), '/snponly.efi')
  })

  it('keep the end of a name in UTF-8', () => {
    assert.equal(tftp('men\xc3\xbc'), '/menü')
    assert.equal(tftp('men\xc3\xbc\xff'), '/men')
  })

  it('do not climb, hide, or name another drive', () => {
    for (const name of ['../secret', 'a/../../secret', '..\\secret', '/..', 'a/..', '..\xff']) {
      assert.equal(tftp(name), 'traversal', name)
    }
    for (const name of ['.git/config', 'menus/.secret', '.ipxetool-build', '...'])
      assert.equal(tftp(name), 'hidden', name)
    for (const name of ['C:\\boot.ini', 'a\x01b', 'a\nb']) assert.equal(tftp(name), 'bad-name', name)
  })
})

describe('names of HTTP requests', () => {
  it('are decoded once', () => {
    assert.equal(http('/boot.ipxe'), '/boot.ipxe')
    assert.equal(http('/boot%2eipxe'), '/boot.ipxe')
    assert.equal(http('/men%C3%BC'), '/menü')
    assert.equal(http('/a%252e'), '/a%2e')
    assert.equal(http('/%252e%252e/secret'), '/%2e%2e/secret')
    assert.equal(http('/'), '/')
    assert.equal(http('//menus//main.ipxe'), '/menus/main.ipxe')
  })

  it('end at the query, and may carry scheme and host', () => {
    assert.equal(http('/boot.ipxe?mac=52:54:00:12:34:56&x=/../'), '/boot.ipxe')
    assert.equal(http('/boot.ipxe#top'), '/boot.ipxe')
    assert.equal(http('http://192.0.2.7:8080/boot.ipxe'), '/boot.ipxe')
    assert.equal(http('http://192.0.2.7'), '/')
  })

  it('do not climb however the dots are written', () => {
    for (const target of ['/../secret', '/a/../../x', '/%2e%2e/secret', '/%2E./x', '/..%2fsecret', '/a/..']) {
      assert.equal(http(target), 'traversal', target)
    }
    for (const target of ['/..\\secret', '/%5c..%5csecret', '/a%5Cb'])
      assert.equal(http(target), 'bad-name', target)
  })

  it('are refused when malformed, hidden or a directory', () => {
    for (const target of ['/%', '/%zz', '/%ff', '/a%00', '/%00', 'boot.ipxe', '*', '']) {
      assert.equal(http(target), 'malformed', target)
    }
    assert.equal(http('/.git/config'), 'hidden')
    assert.equal(http('/menus/'), 'directory')
  })
})

describe('names of both', () => {
  it('never hold a separator, a dot name or a control character, whatever the client sends', () => {
    const check = (name: CleanName): void => {
      if (!name.ok) return
      for (const segment of name.segments) {
        assert.ok(segment !== '' && !segment.startsWith('.'))
        // eslint-disable-next-line no-control-regex
        assert.ok(!/[/\\\u0000-\u001f\u007f]/.test(segment))
      }
    }
    const piece = fc.constantFrom(
      '..',
      '.',
      '/',
      '\\',
      '%2e',
      '%2f',
      '%5c',
      '%00',
      '\0',
      'a',
      '%25',
      'C:',
      '\x7f',
      'é',
    )
    const path = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(fc.oneof(path, fc.string()), (text) => {
        check(cleanHttpTarget(`/${text}`))
        check(cleanTftpName(Buffer.from(text).toString('latin1')))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('printable', () => {
  it('escapes whatever could act on a terminal or forge a line', () => {
    assert.equal(printable('a\r\nb\x1b[2J\x7f\x9b'), 'a\\x0d\\x0ab\\x1b[2J\\x7f\\x9b')
    assert.equal(printable('\u202egnp.exe\u2028'), '\\u{202e}gnp.exe\\u{2028}')
    assert.equal(printable('a\\x0d'), 'a\\\\x0d')
    assert.equal(printable('menü'), 'menü')
  })

  it('cuts what is too long for a line', () => {
    assert.ok(printable('x'.repeat(5000)).length < 400)
  })
})
