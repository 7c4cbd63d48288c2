import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  formatUri,
  parseUri,
  pathInTree,
  percentDecode,
  percentEncode,
  resolvePath,
  resolveUri,
} from '../../src/links/uri.js'

/** What a machine asks for. */
function resolved(base: string, relative: string): string {
  return formatUri(resolveUri(parseUri(base), parseUri(relative)))
}

const base = 'http://host:8080/ipxe/menus/boot.ipxe?mac=1#f'

describe('URIs as iPXE resolves them', () => {
  const cases: [relative: string, expected: string][] = [
    ['vmlinuz', 'http://host:8080/ipxe/menus/vmlinuz'],
    ['./vmlinuz', 'http://host:8080/ipxe/menus/vmlinuz'],
    ['../vmlinuz', 'http://host:8080/ipxe/vmlinuz'],
    ['.././../vmlinuz', 'http://host:8080/vmlinuz'],
    ['../../../../vmlinuz', 'http://host:8080/vmlinuz'],
    ['..', 'http://host:8080/ipxe/'],
    ['.', 'http://host:8080/ipxe/menus/'],
    // only what stands at the very beginning means anything
    ['a/../b', 'http://host:8080/ipxe/menus/a/../b'],
    ['.hidden', 'http://host:8080/ipxe/menus/.hidden'],
    ['..hidden', 'http://host:8080/ipxe/menus/..hidden'],
    ['.../x', 'http://host:8080/ipxe/menus/.../x'],
    ['/vmlinuz', 'http://host:8080/vmlinuz'],
    // no network-path reference: a path
    ['//other/vmlinuz', 'http://host:8080//other/vmlinuz'],
    ['?x=1', 'http://host:8080/ipxe/menus/boot.ipxe?x=1'],
    ['#g', 'http://host:8080/ipxe/menus/boot.ipxe?mac=1#g'],
    ['a?x=1#g', 'http://host:8080/ipxe/menus/a?x=1#g'],
    ['a##params=p', 'http://host:8080/ipxe/menus/a'],
    ['tftp://other/a', 'tftp://other/a'],
    ['file:a', 'file:a'],
    // letters, - and _ only: this is no scheme
    ['v1.2:x', 'http://host:8080/ipxe/menus/v1.2:x'],
  ]
  for (const [relative, expected] of cases) {
    it(`${relative} -> ${expected}`, () => {
      assert.equal(resolved(base, relative), expected)
    })
  }

  it('resolves against a URI without a path, and against none', () => {
    assert.equal(resolved('http://host', 'a'), 'http://host/a')
    assert.equal(formatUri(resolveUri(undefined, parseUri('a/b'))), 'a/b')
  })

  it('reads schemes, opaque parts and authorities as parse_uri does', () => {
    assert.deepEqual(parseUri('iscsi:10.0.0.1::::iqn?x'), { scheme: 'iscsi', opaque: '10.0.0.1::::iqn?x' })
    assert.deepEqual(parseUri('http://u:p@h:1?q'), { scheme: 'http', query: 'q', authority: 'u:p@h:1' })
    assert.deepEqual(parseUri(':x'), { scheme: '', opaque: 'x' })
    assert.deepEqual(parseUri(''), {})
  })

  const text = fc.string({ unit: fc.constantFrom(...Array.from('ab./:?#%-2f@')) })
  it('law: printing what was read gives the same text', () => {
    fc.assert(fc.property(text, (uri) => formatUri(parseUri(uri)) === uri || uri.includes('##params')))
  })
  it('law: what is resolved stays as it is', () => {
    fc.assert(
      fc.property(text, text, (path, relative) => {
        const from = parseUri(`http://h/${path}`)
        const once = resolveUri(from, parseUri(relative))
        assert.notEqual(once.scheme, undefined)
        assert.deepEqual(resolveUri(from, once), once)
      }),
    )
  })
  const name = fc.stringMatching(/^[a-z]{1,3}$/)
  it('law: agrees with the URL standard where the dots lead, and the tree is deep enough', () => {
    fc.assert(
      fc.property(
        fc.array(name, { minLength: 3, maxLength: 6 }),
        fc.array(fc.constantFrom('.', '..'), { maxLength: 2 }),
        fc.array(name, { minLength: 1, maxLength: 3 }),
        (folders, dots, rest) => {
          const from = `http://h/${folders.join('/')}`
          const relative = [...dots, ...rest].join('/')
          assert.equal(resolved(from, relative), new URL(relative, from).href)
        },
      ),
    )
  })
  it('law: a resolved path is absolute when its base is', () => {
    fc.assert(
      fc.property(text, text, (from, relative) => {
        assert.ok(resolvePath(`/${from}`, relative).startsWith('/'))
      }),
    )
  })
  it('law: a path of the tree survives its URL', () => {
    const part = fc.string({ unit: 'grapheme', minLength: 1 }).filter((s) => !/[/\0]|^\.\.?$|\ue000/.test(s))
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const path = parts.join('/')
        const uri = parseUri(`http://h/${percentEncode(path)}`)
        assert.equal(pathInTree(uri.path!), path)
      }),
    )
  })
  it('law: nothing throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        resolved(a, b)
        percentDecode(a)
        percentEncode(b)
        pathInTree(a)
      }),
    )
  })
})
