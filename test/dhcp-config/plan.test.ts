import assert from 'node:assert/strict'
import fc from 'fast-check'
import { defaultRange, formatAddress, parseAddress, parseSubnet } from '../../src/dhcp-config/addresses.js'
import { type DhcpWishes, parseKind, planDhcp } from '../../src/dhcp-config/plan.js'
import { dhcpConfig } from '../../src/dhcp-config/print.js'
import { type DhcpKind, dhcpKinds, type DhcpPlan } from '../../src/dhcp-config/types.js'
import { IpxetoolError } from '../../src/diagnostics/error.js'

interface More {
  mode?: DhcpPlan['mode']
  version?: string
}

function plan(kind: DhcpKind, wishes: DhcpWishes, more: More = {}): ReturnType<typeof planDhcp> {
  return planDhcp(kind, { wishes, nameOf: (wish) => `--${wish}`, entry: 'boot.ipxe', ...more })
}

describe('a plan for a DHCP server', () => {
  it('is whole without a word, and says what it assumed', () => {
    const { plan: made, notes } = plan('kea', {})
    assert.equal(made.server, '192.0.2.1')
    assert.equal(made.target, 'http://192.0.2.1:8080/boot.ipxe')
    assert.deepEqual(made.option, { code: 224 })
    assert.equal(made.subnet.netmask, '255.255.255.0')
    assert.deepEqual(made.range, ['192.0.2.100', '192.0.2.199'])
    assert.equal(made.version, '2.2')
    assert.match(notes.join('\n'), /the boot server is 192\.0\.2\.1, a placeholder: say --server/)
  })

  it('takes the server from the URL of the tree, and the architectures from the table', () => {
    const { plan: made, notes } = plan('isc', { http: 'http://10.1.2.3/tree/' })
    assert.equal(made.server, '10.1.2.3')
    assert.equal(made.subnet.address, '10.1.2.0')
    assert.equal(made.target, 'http://10.1.2.3/tree/boot.ipxe')
    const codes = made.loaders.map(({ name, pxe, http, url }) => [name, pxe, http, url])
    assert.deepEqual(codes, [
      ['bios', [0], [], 'http://10.1.2.3/tree/undionly.kpxe'],
      ['x86_64', [7, 9], [16, 17], 'http://10.1.2.3/tree/ipxe.efi'],
      ['i386', [6], [15], 'http://10.1.2.3/tree/ipxe-i386.efi'],
      ['arm64', [11], [19], 'http://10.1.2.3/tree/ipxe-arm64.efi'],
    ])
    assert.ok(notes.some((note) => note.includes('--server')))
  })

  const long = (bytes: number): string => `http://a/${'x'.repeat(bytes - 14)}.ipxe`
  const refused: [DhcpKind, DhcpWishes, RegExp, More?][] = [
    ['kea', { server: 'boot.example' }, /--server "boot\.example" is no IPv4 address/],
    ['kea', { server: '10.0.0.256' }, /is no IPv4 address/],
    ['kea', { server: '010.0.0.1' }, /is no IPv4 address/],
    ['kea', { server: '127.0.0.1' }, /no address that a machine can reach/],
    ['kea', { server: '10.0.0.1\nport=53' }, /--server "10\.0\.0\.1\\x0aport=53" is no IPv4 address/],
    ['kea', { subnet: '10.0.0.0' }, /is no network/],
    ['kea', { subnet: '10.0.0.1/24' }, /has bits set after the first 24/],
    ['kea', { server: '10.0.0.1', range: '10.0.1.1-10.0.1.9' }, /not within the network 10\.0\.0\.0\/24/],
    ['kea', { server: '10.0.0.1', range: '10.0.0.9-10.0.0.1' }, /ends before it begins/],
    ['kea', { range: '10.0.0.9' }, /is no range/],
    ['kea', { http: 'ftp://a/' }, /is no URL that can be loaded/],
    ['kea', { http: 'http://a/b"c' }, /has the character "\\"", which DHCP servers read in different ways/],
    ['openwrt', { target: "http://a/b';reboot;'.ipxe" }, /has the character "'"/],
    ['dnsmasq', { target: 'http://a/b,c.ipxe' }, /has the character ","/],
    ['isc', { target: 'http://a/b\\.ipxe' }, /has the character "\\\\"/],
    ['windows', { target: 'http://a/ä.ipxe' }, /has the character "ä"/],
    ['kea', { target: 'http://10.0.0.1/ipxe.efi' }, /is a loader and would ask DHCP again/],
    [
      'kea',
      { target: long(128) },
      /the URL of the script has 128 bytes, the file name in the DHCP header holds 127/,
    ],
    ['dnsmasq', { target: long(256) }, /has 256 bytes, a DHCP option holds 255/],
    ['dnsmasq', { target: long(128) }, /holds 127/, { mode: 'proxy' }],
    ['dnsmasq', { target: long(254), option: '175.201' }, /a sub-option of 175 holds 253/],
    ['dnsmasq', { target: 'http://a/menu' }, /would append "\.0" to http:\/\/a\/menu/, { mode: 'proxy' }],
    ['dnsmasq', { option: '224' }, /as a proxy sends no custom option/, { mode: 'proxy' }],
    ['kea', {}, /kea cannot be a proxy/, { mode: 'proxy' }],
    ['kea', {}, /no syntax of its own for "1\.0"/, { version: '1.0' }],
    ['isc', {}, /no syntax of its own for "2\.2"/, { version: '2.2' }],
    ['kea', { option: '67' }, /"67" is no free DHCP option/],
    ['kea', { option: '175.176' }, /is no free DHCP option/],
    ['kea', { option: '0xe0' }, /is no free DHCP option/],
    ['pfsense', { option: '224' }, /sends only what is asked for, and iPXE never asks for option 224/],
    ['pfsense', { option: 'none' }, /cannot tell iPXE from firmware/],
    ['windows', { option: '230' }, /never asks for option 230/],
    ['windows', { option: '175.201' }, /inside 175 is not supported/],
    ['kea', { loaders: 'x64=a.efi' }, /"x64=a\.efi" names no loader/],
    ['kea', { loaders: 'x86_64=../a.efi' }, /names no loader/],
    ['kea', { loaders: 'x86_64=a b' }, /names no loader/],
    ['kea', { interface: 'eth0"]' }, /is no name of an interface/],
    ['dnsmasq', { tftpRoot: '/srv/tftp\nport=53' }, /is no folder/],
  ]
  for (const [kind, wishes, message, more] of refused) {
    it(`refuses ${kind} ${JSON.stringify({ ...wishes, ...more }).slice(0, 60)}`, () => {
      assert.throws(
        () => plan(kind, wishes, more),
        (error) => {
          assert.ok(error instanceof IpxetoolError)
          assert.match(error.message, message)
          assert.ok(error.hint)
          return true
        },
      )
    })
  }

  it('takes what just fits', () => {
    assert.equal(plan('kea', { target: long(127) }).plan.target.length, 127)
    assert.equal(plan('dnsmasq', { target: long(255) }).plan.target.length, 255)
    assert.equal(plan('dnsmasq', { target: long(253), option: '175.201' }).plan.target.length, 253)
  })

  it('names what is near a mistyped kind', () => {
    assert.throws(() => parseKind('dnsmask'), { code: 'unknown-kind', hint: 'did you mean dnsmasq?' })
    assert.throws(() => parseKind('constructor'), { code: 'unknown-kind' })
  })

  it('says what a server with a pool of its own does not use, and that BIOS has no https', () => {
    const { notes } = plan('windows', {
      server: '10.0.0.1',
      range: '10.0.0.5-10.0.0.9',
      http: 'https://a.example',
    })
    assert.match(notes.join('\n'), /windows keeps its own pool: --range is not used/)
    assert.match(notes.join('\n'), /BIOS loaders have no https/)
  })

  it('never prints a text that was not checked: what gets through has none of the dangerous characters', () => {
    const anything = fc.option(fc.string({ unit: 'binary', maxLength: 40 }), { nil: undefined })
    const nearly = fc.tuple(fc.constantFrom('http://10.0.0.1/', '10.0.0.1', 'eth0', '/srv'), fc.string())
    const word = fc.oneof(
      anything,
      nearly.map((parts) => parts.join('')),
    )
    const record = fc.record({
      target: word,
      interface: word,
      tftpRoot: word,
      loaders: word,
      server: word,
      dns: word,
    })
    fc.assert(
      fc.property(fc.constantFrom(...dhcpKinds), record, (kind, wishes) => {
        let made: DhcpPlan
        try {
          made = plan(kind, wishes).plan
        } catch (error) {
          assert.ok(error instanceof IpxetoolError, String(error))
          return
        }
        const texts = [
          made.target,
          made.interface ?? '',
          made.tftpRoot ?? '',
          ...made.loaders.map(({ file }) => file),
        ]
        for (const text of texts) assert.doesNotMatch(text, /[^!-~]|["'`\\;,#!()<>|*^[\]]/)
        assert.ok(dhcpConfig(made).length > 0)
      }),
    )
  })
})

describe('IPv4 addresses', () => {
  it('are the same after a way through a number', () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        assert.equal(formatAddress(parseAddress(text, 'x')), text)
      }),
    )
  })

  it('have a default range within every network', () => {
    for (let prefix = 8; prefix <= 30; prefix++) {
      const subnet = parseSubnet(`10.0.0.0/${prefix}`, 'x')
      const [from, to] = defaultRange(subnet).map((address) => parseAddress(address, 'x'))
      const start = parseAddress(subnet.address, 'x')
      assert.ok(from! > start && from! <= to! && to! < start + 2 ** (32 - prefix) - 1, String(prefix))
    }
  })
})
