import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type BootUrlOptions, checkBootUrl } from '../../src/analysis/boot-url.js'

const good = [
  'http://mirror.example.org/centos/7/os/x86_64/',
  'http://10.0.0.1:HTTP_PORT/boot/boot.ipxe',
  'https://user:secret@mirror.example.org:8443/x?a=1&b=2;c#part',
  'HTTP://10.0.0.1/x',
  'tftp://${next-server}/x',
  'http://${net0/next-server}:${port}/x',
  'http:${x}',
  '${base}/os/vmlinuz',
  '$<repo>images/pxeboot/vmlinuz',
  'http://$<server>/x',
  'http://[2001:db8::1]:8080/x',
  'http://[fe80::1%net0]/x',
  'http://[::ffff:10.0.0.1]/',
  'http://host.example.org./x',
  'http://${a${b}/c}/d',
  'data:;base64,IyFpcHhl',
  'file:autoexec.ipxe',
  'file://LABEL/x',
  'http://host/x##params',
  'http://dl-cdn.alpinelinux.org/alpine/v3.20/releases/x86/netboot/vmlinuz-lts',
  'http://dl-cdn.alpinelinux.org/alpine/v3.20/releases/x86_64/netboot/vmlinuz-lts',
  'http://tinycorelinux.net/14.x/x86/release/distribution_files/vmlinuz',
  'http://10.0.0.1/os/x86/vmlinuz',
  'http://x86.example.org/',
  'http://host/x?arch=x86_',
  'https://mirror.stream.centos.org/9-stream/BaseOS/aarch64/os/',
]

const bad: [url: string, problem: RegExp, at: string, options?: BootUrlOptions][] = [
  ['', /empty/, ''],
  ['htp://host/x', /did you mean `http:`/, 'htp'],
  ['gopher://host/x', /knows no scheme `gopher:`/, 'gopher'],
  ['http:/host/x', /two slashes/, 'http:/'],
  ['http:host/x', /two slashes/, 'http:'],
  ['http:\\\\host\\x', /two slashes/, 'http:'],
  ['http:///x', /no host/, '/'],
  ['http://', /no host/, ''],
  ['http://:80/x', /no host/, ':'],
  ['http:// host/x', /blank/, ' '],
  ['http://host/a b', /blank/, ' '],
  ['http//host/x', /colon/, 'http//'],
  ['https;//host/x', /colon/, 'https;//', { relative: true }],
  ['//host/x', /no scheme/, '//'],
  ['mirror.example.org/os', /no scheme/, 'mirror.example.org/os'],
  ['http://10.0.0/x', /IPv4/, '10.0.0'],
  ['http://10.0.0.256/x', /IPv4/, '10.0.0.256'],
  ['http://2001:db8::1/x', /brackets/, '2001:db8::1'],
  ['http://[2001:db8::1::2]/x', /IPv6/, '[2001:db8::1::2]'],
  ['http://host:99999/x', /port/, ':99999'],
  ['http://host:/x', /port/, ':'],
  ['http://host:80a/x', /port/, ':80a'],
  ['http://http://host/x', /two schemes/, 'http://http://'],
  ['http://ho_st!/x', /host name/, 'ho_st!'],
  ['http://host\\x/', /host name/, 'host\\x'],
  ['http://a..b/', /host name/, 'a..b'],
  ['iscsi:10.0.0.1::::iqn.x', /not for downloads/, 'iscsi'],
  ['tcp://10.0.0.1/', /not for downloads/, 'tcp'],
  ['tftp://10.0.0.1/x', /not for SAN/, 'tftp', { use: 'san' }],
  ['http://m.example.org/centos/7/os/x86/', /did you mean `x86_64`/, 'x86'],
  ['http://m.example.org/centos/7/os/x86', /did you mean `x86_64`/, 'x86'],
  ['http://m.example.org/9-stream/BaseOS/x86/os/', /did you mean `x86_64`/, 'x86'],
  ['http://m.example.org/7/os/x86/images/pxeboot/vmlinuz', /did you mean/, 'x86'],
  ['http://m.example.org/7/os/x86_/', /did you mean/, 'x86_'],
  ['http://m.example.org/7/os/x86_6/', /did you mean/, 'x86_6'],
  ['http://m.example.org/7/os/x86-64/', /did you mean/, 'x86-64'],
  ['http://m.example.org/7/os/x8664/', /did you mean/, 'x8664'],
  ['http://m.example.org/7/os/x64_86/', /did you mean/, 'x64_86'],
  ['http://m.example.org/7/os/X86_64/', /did you mean/, 'X86_64'],
  ['${mirror}/7/os/x86/images/pxeboot/vmlinuz', /did you mean/, 'x86'],
]

describe('checkBootUrl', () => {
  for (const url of good) {
    it(`accepts ${url}`, () => {
      assert.deepEqual(checkBootUrl(url), [])
    })
  }

  it('accepts what stands beside the script only where that is allowed', () => {
    for (const name of ['vmlinuz', '../os/initrd.img', '/x', 'a.b:c', 'x?y=//z']) {
      assert.deepEqual(checkBootUrl(name, { relative: true }), [])
      assert.equal(checkBootUrl(name).length, 1, name)
    }
  })

  it('accepts SAN schemes for SAN devices', () => {
    assert.deepEqual(checkBootUrl('iscsi:10.0.0.1::::iqn.x', { use: 'san' }), [])
    assert.deepEqual(checkBootUrl('http://10.0.0.1/x.iso', { use: 'san' }), [])
  })

  for (const [url, problem, at, options] of bad) {
    it(`rejects ${url}`, () => {
      const found = checkBootUrl(url, options)
      assert.equal(found.length, 1, JSON.stringify(found))
      assert.match(found[0]!.problem, problem)
      assert.equal(url.slice(found[0]!.start, found[0]!.end), at)
      assert.ok(found[0]!.note)
    })
  }

  it('a replacement leaves nothing to say', () => {
    for (const [url, , , options] of bad) {
      for (const { replacement, start, end } of checkBootUrl(url, options)) {
        if (replacement === undefined) continue
        assert.deepEqual(checkBootUrl(url.slice(0, start) + replacement + url.slice(end), options), [])
      }
    }
  })

  it('never throws, and ranges lie inside', () => {
    const piece = fc.constantFrom(
      'http',
      ':',
      '/',
      '//',
      '${',
      '}',
      '$<a>',
      '[',
      ']',
      '@',
      '.',
      'x86',
      'os',
      '\xff',
      ' ',
    )
    const text = fc.oneof(
      fc.string(),
      fc.array(piece).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, fc.boolean(), (url, relative) => {
        for (const { start, end } of checkBootUrl(url, { relative })) {
          assert.ok(start! >= 0 && start! <= end! && end! <= url.length, `${start} ${end} of ${url.length}`)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('marks nothing beyond the end of a URL that has none', () => {
    assert.deepEqual(
      checkBootUrl('http://').map(({ start, end }) => [start, end]),
      [[7, 7]],
    )
  })

  it('is linear', () => {
    for (const unit of ['/x86', '${', '${a}', ':', '.', '[', '$<', 'http:', '@']) {
      // at a megabyte a quadratic step does not come to an end
      assert.ok(checkBootUrl(`http://${unit.repeat((1 << 20) / unit.length)}`).length >= 0, unit)
    }
  })
})
