import assert from 'node:assert/strict'
import fc from 'fast-check'
import { bytesOf, decodeOptions, encodeEncapsulated, find, textOf } from '../../../src/serve/dhcp/options.js'
import { decodePacket, type DhcpPacket, encodePacket } from '../../../src/serve/dhcp/packet.js'
import {
  type Decision,
  loadersFor,
  Policy,
  type PolicyOptions,
  type Self,
} from '../../../src/serve/dhcp/policy.js'
import { AllowList } from '../../../src/serve/allow-list.js'
import { type Override, parseWho } from '../../../src/serve/dhcp/rules.js'
import { MAC, request, u16 } from './support.js'

const self: Self = {
  address: '192.0.2.7',
  httpUrl: 'http://192.0.2.7:8080/',
  tftpUrl: 'tftp://192.0.2.7/',
  firmwareTftp: true,
}
const script = 'http://192.0.2.7:8080/boot.ipxe'
const tree = ['undionly.kpxe', 'ipxe.pxe', 'ipxe.efi', 'snponly.efi', 'ipxe-arm64.efi', 'boot.ipxe']

/** A proxy, and its clock. */
class Lab {
  readonly policy: Policy
  now = 0
  constructor(options: Partial<PolicyOptions> = {}) {
    this.policy = new Policy({ script: 'boot.ipxe', has: (file) => tree.includes(file), ...options })
  }
  ask(packet: DhcpPacket, port = 67, from = { address: '0.0.0.0', port: 68 }, as = self): Decision {
    this.now += 1000
    return this.policy.decide({ packet, port, from, now: this.now }, as)
  }
  reply(...args: Parameters<Lab['ask']>): Extract<Decision, { kind: 'reply' }> {
    const decision = this.ask(...args)
    assert.ok(decision.kind === 'reply', decision.reason)
    return decision
  }
  silence(...args: Parameters<Lab['ask']>): string {
    const decision = this.ask(...args)
    assert.equal(decision.kind, 'silent')
    return decision.reason
  }
}

const arch = (code: number, kind = 'PXEClient') => ({
  60: bytesOf(`${kind}:Arch:${String(code).padStart(5, '0')}:UNDI:003016`),
  93: u16(code),
})
const bios = arch(0)
const x64 = arch(7)
const ipxe = (code = 0) => ({
  ...arch(code),
  77: bytesOf('iPXE'),
  175: encodeEncapsulated([{ code: 235, data: Uint8Array.of(1, 0, 0) }]),
})
const asRequest = { 53: Uint8Array.of(3) }
const from4011 = { address: '192.0.2.50', port: 4011 }
const at = (text: string): Uint8Array => bytesOf(text)
const option = (packet: DhcpPacket, code: number): Uint8Array | undefined => find(packet.options, code)
const file = (packet: DhcpPacket): string => textOf(packet.file)

describe('the proxy policy', () => {
  describe('firmware', () => {
    it('BIOS gets everything in the offer, by broadcast, and no address', () => {
      const { packet, to, form, type } = new Lab().reply(request(bios))
      assert.deepEqual([type, form, to], ['offer', 'direct', { address: '255.255.255.255', port: 68 }])
      assert.deepEqual([packet.yiaddr, packet.ciaddr, packet.siaddr], ['0.0.0.0', '0.0.0.0', self.address])
      assert.equal(packet.flags & 0x8000, 0x8000)
      assert.equal(file(packet), 'undionly.kpxe')
      assert.equal(textOf(packet.sname), self.address)
      assert.equal(textOf(option(packet, 60)!), 'PXEClient')
      assert.deepEqual(option(packet, 54), Uint8Array.of(192, 0, 2, 7))
      assert.deepEqual(option(packet, 43), Uint8Array.of(6, 1, 8, 255))
      assert.equal(option(packet, 67)?.at(-1), 0, 'with a NUL')
      assert.equal(option(packet, 51), undefined, 'no lease')
    })

    it('UEFI gets the server without option 43, and the file again on port 4011', () => {
      const lab = new Lab()
      const offer = lab.reply(request(x64))
      assert.equal(offer.form, 'binl')
      assert.equal(option(offer.packet, 43), undefined)
      const asked = { ...request({ ...x64, ...asRequest }), ciaddr: '192.0.2.50' }
      const ack = lab.reply(asked, 4011, from4011)
      assert.deepEqual([ack.type, ack.to], ['ack', from4011])
      assert.deepEqual([file(ack.packet), ack.packet.ciaddr], ['ipxe.efi', '192.0.2.50'])
      assert.deepEqual(option(ack.packet, 53), Uint8Array.of(5))
    })

    it('BIOS is answered on port 4011, at the port that it asked from', () => {
      const lab = new Lab()
      const asked = { ...request({ ...bios, ...asRequest }), ciaddr: '192.0.2.50' }
      const ack = lab.reply(asked, 4011, { address: '192.0.2.50', port: 68 })
      assert.deepEqual(ack.to, { address: '192.0.2.50', port: 68 })
      assert.equal(file(ack.packet), 'undionly.kpxe')
    })

    for (const [code, loader] of [
      [0, 'undionly.kpxe'],
      [7, 'ipxe.efi'],
      [9, 'ipxe.efi'],
      [11, 'ipxe-arm64.efi'],
    ] as const) {
      it(`architecture ${code} gets ${loader}`, () => {
        assert.equal(new Lab().reply(request(arch(code))).file, loader)
      })
    }

    it('a wrong loader is never sent in place of a missing one', () => {
      const lab = new Lab()
      assert.match(
        lab.silence(request(arch(6))),
        /no loader for IA32 UEFI: ipxe-i386\.efi or snponly-i386\.efi/,
      )
      assert.match(lab.silence(request(arch(10))), /no iPXE for ARM32 UEFI/)
      assert.match(lab.silence(request(arch(21))), /no iPXE for ARM32 U-Boot/)
      assert.match(lab.silence(request(arch(999))), /no iPXE for architecture 999/)
      assert.match(lab.silence(request({ 60: bytesOf('PXEClient') })), /does not say its architecture/)
    })

    it('of several architectures takes the first that there is a loader for', () => {
      assert.equal(new Lab().reply(request({ ...x64, 93: u16(10, 11, 7) })).file, 'ipxe-arm64.efi')
    })

    it('UEFI HTTP Boot gets a URL and HTTPClient', () => {
      const { packet, file: url } = new Lab().reply(request(arch(16, 'HTTPClient')))
      assert.equal(url, 'http://192.0.2.7:8080/ipxe.efi')
      assert.equal(textOf(option(packet, 60)!), 'HTTPClient')
      assert.equal(textOf(option(packet, 67)!), url)
      assert.equal(option(packet, 43), undefined)
      assert.deepEqual(loadersFor(20), [], 'BIOS by HTTP')
      const none = { ...self, httpUrl: undefined }
      assert.match(
        new Lab().silence(request(arch(16, 'HTTPClient')), 67, undefined, none),
        /HTTP is not served/,
      )
    })

    it('a menu of one item: the file comes with the choice', () => {
      const lab = new Lab({ overrides: [{ who: parseWho('bios', '--reply'), form: 'menu' }] })
      const offer = lab.reply(request(bios)).packet
      const sub = decodeOptions([option(offer, 43)!]).options
      assert.deepEqual(
        sub.map(({ code }) => code),
        [6, 8, 9, 10],
      )
      assert.equal(file(offer), '')
      const item = encodeEncapsulated([{ code: 71, data: Uint8Array.of(0x80, 1, 0, 0) }])
      const ack = lab.reply(request({ ...bios, ...asRequest, 43: item }), 4011, from4011).packet
      assert.deepEqual(option(ack, 43), item)
      assert.equal(file(ack), 'undionly.kpxe')
      const local = encodeEncapsulated([{ code: 71, data: Uint8Array.of(0, 0, 0, 0) }])
      assert.match(lab.silence(request({ ...bios, ...asRequest, 43: local }), 4011, from4011), /own disk/)
    })
  })

  describe('who gets no answer', () => {
    it('ordinary clients, replies, and the request for a lease', () => {
      const lab = new Lab()
      const plain = lab.ask(request({ 60: bytesOf('dhcpcd-9.4.1') }))
      assert.ok(plain.kind === 'silent' && plain.ordinary)
      assert.equal(lab.ask({ ...request(bios), op: 2 }).kind, 'silent')
      assert.match(lab.silence(request({ ...bios, ...asRequest })), /asks the DHCP server for its address/)
      assert.match(lab.silence(request(bios), 4011, from4011), /DISCOVER on 4011/)
      assert.match(lab.silence(request({ ...bios, 53: Uint8Array.of(7) })), /RELEASE on 67/)
    })

    it('machines and networks that are not on the list', () => {
      const allow = new AllowList(['52:54:00:12:34:56', 'AA-BB-CC', '192.0.2.0/24', '10.9.0.1'])
      const lab = new Lab({ allow })
      assert.equal(lab.ask(request(bios)).kind, 'reply')
      assert.equal(lab.ask(request(bios, {}, 'aa:bb:cc:00:00:01')).kind, 'reply')
      assert.match(lab.silence(request(bios, {}, '52:54:00:12:34:57')), /not one of the machines/)
      assert.match(lab.silence({ ...request(bios), giaddr: '198.51.100.1' }), /none of the networks/)
      assert.equal(lab.ask({ ...request(bios), giaddr: '10.9.0.1' }).kind, 'reply')
    })
  })

  describe('relays', () => {
    it('are answered themselves, with what they said of the client', () => {
      const relayed = { ...request({ ...bios, 82: Uint8Array.of(1, 2, 0, 255) }), giaddr: '198.51.100.1' }
      const { to, packet } = new Lab().reply(relayed, 67, { address: '198.51.100.1', port: 67 })
      assert.deepEqual(to, { address: '198.51.100.1', port: 67 })
      assert.equal(packet.giaddr, '198.51.100.1')
      assert.deepEqual(packet.options.at(-1), { code: 82, data: Uint8Array.of(1, 2, 0, 255) })
    })

    it('INFORM is answered where it came from', () => {
      const inform = { ...request({ ...bios, 53: Uint8Array.of(8) }), ciaddr: '192.0.2.50' }
      const { to, type } = new Lab().reply(inform)
      assert.deepEqual([to, type], [{ address: '192.0.2.50', port: 68 }, 'ack'])
    })
  })

  describe('the loop guard', () => {
    it('iPXE gets an absolute URL of the script, also as option 224', () => {
      const { packet, form } = new Lab().reply(request(ipxe()))
      assert.equal(form, 'script')
      assert.equal(file(packet), script)
      assert.equal(textOf(option(packet, 224)!), script)
      assert.equal(new Lab().reply(request(ipxe(7))).file, script)
    })

    it('is not fooled by a firmware request before it', () => {
      const lab = new Lab()
      assert.equal(lab.reply(request(bios, { xid: 1 })).file, 'undionly.kpxe')
      assert.equal(lab.reply(request(ipxe(), { xid: 2 })).file, script)
    })

    it('--replace-rom: iPXE of a card gets our loader once, then what runs gets the script', () => {
      const lab = new Lab({ replaceRom: true })
      assert.equal(lab.reply(request(ipxe(), { xid: 1 })).file, 'undionly.kpxe')
      assert.equal(lab.reply(request(ipxe(), { xid: 1 })).file, 'undionly.kpxe', 'a repetition')
      assert.equal(lab.reply(request(ipxe(), { xid: 2 })).file, script)
      assert.equal(lab.reply(request(ipxe(), { xid: 3 })).file, script)
      lab.now += 200_000
      assert.equal(lab.reply(request(ipxe(), { xid: 4 })).file, 'undionly.kpxe', 'the next boot')
    })

    it('--replace-rom: our own loader and the loader of firmware get the script', () => {
      const lab = new Lab({ replaceRom: true })
      assert.equal(lab.reply(request({ ...ipxe(), 77: bytesOf('iPXE-ipxetool') })).file, script)
      lab.reply(request(bios, { xid: 1 }))
      assert.equal(lab.reply(request(ipxe(), { xid: 2 })).file, script)
    })

    it('a bare request on 4011 is who asked on 67', () => {
      const lab = new Lab()
      const bare = { ...request({ ...asRequest, 60: bytesOf('PXEClient') }), xid: 0, ciaddr: '192.0.2.50' }
      assert.match(lab.silence(bare, 4011, from4011), /does not say its architecture/)
      lab.reply(request(ipxe()))
      const ack = lab.reply(bare, 4011, from4011)
      assert.deepEqual([ack.file, ack.stage, ack.packet.xid], [script, 'ipxe', 0])
    })
  })

  describe('rules of the operator', () => {
    const rule = (who: string, more: Omit<Override, 'who'>): Override => ({
      who: parseWho(who, '--loader'),
      ...more,
    })

    it('the most exact one counts', () => {
      const overrides = [
        rule('bios', { loader: 'ipxe.pxe' }),
        rule('0', { loader: 'by-code' }),
        rule('class=UNDI:003016', { loader: 'by-class' }),
        rule('52:54:00', { loader: 'by-vendor' }),
        rule('5254.00123456'.replace('.', ''), { loader: 'by-mac' }),
      ]
      for (let left = overrides.length; left > 0; left--) {
        const lab = new Lab({ overrides: overrides.slice(0, left) })
        assert.equal(lab.reply(request(bios)).file, overrides[left - 1]?.loader)
      }
      assert.equal(
        new Lab({ overrides: [rule('x86_64', { loader: 'x' })] }).reply(request(bios)).file,
        'undionly.kpxe',
      )
    })

    it('form, silence and script', () => {
      const lab = new Lab({
        overrides: [rule('uefi', { form: 'direct' }), rule(MAC, { script: 'other.ipxe' })],
      })
      assert.equal(lab.reply(request(x64)).form, 'direct')
      assert.match(lab.reply(request(ipxe())).reason, /the tree has no other\.ipxe/)
      const quiet = new Lab({ overrides: [rule(MAC, { form: 'silent' })] })
      assert.match(quiet.silence(request(x64)), /leave it alone/)
    })

    it('names that are none are refused', () => {
      for (const who of ['', 'uefy', '70000', '52:54', '52:54:00:12:34', 'class=', '192.0.2.1']) {
        assert.throws(() => parseWho(who, '--reply'), { code: 'bad-who' }, who)
      }
      for (const entry of ['', 'lan', '192.0.2.0/33', '192.0.2.0/', '1.2.3', '192.0.2.0/24/1']) {
        assert.throws(() => new AllowList([entry]), { code: 'bad-allow' }, entry)
      }
    })
  })

  it('--loader-fallback: two boots that ended with the loader give the next one', () => {
    const lab = new Lab({ loaderFallback: true })
    const boot = (xid: number): string => {
      const { file: loader } = lab.reply(request(x64, { xid }))
      lab.policy.noteLoader(MAC)
      lab.policy.noteLoader(MAC)
      return loader
    }
    assert.deepEqual(
      [boot(1), boot(2), boot(3), boot(4)],
      ['ipxe.efi', 'ipxe.efi', 'snponly.efi', 'snponly.efi'],
    )
    lab.policy.noteScript(MAC)
    assert.deepEqual([boot(5), boot(6), boot(7)], ['snponly.efi', 'snponly.efi', 'ipxe.efi'])
  })

  it('whatever is asked: never an address, never a lease, never more than firmware can take', () => {
    const codes = fc.constantFrom(43, 50, 53, 54, 55, 57, 60, 66, 67, 77, 82, 93, 97, 175)
    const value = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .constantFrom('PXEClient', 'PXEClient:Arch:00007', 'HTTPClient', 'iPXE', '\x01', '\x03', '\0\x07')
        .map(at),
    )
    const asks = fc.array(
      fc.record({
        options: fc.dictionary(codes.map(String), value, { maxKeys: 8, noNullPrototype: true }),
        port: fc.constantFrom(67, 4011),
        xid: fc.nat(3),
        ciaddr: fc.constantFrom('0.0.0.0', '192.0.2.50', '255.255.255.255'),
        giaddr: fc.constantFrom('0.0.0.0', '198.51.100.1'),
      }),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(asks, fc.boolean(), (list, replaceRom) => {
        const lab = new Lab({ replaceRom })
        for (const { options, port, ...header } of list) {
          const decision = lab.ask(request(options, header), port, from4011)
          if (decision.kind === 'silent') continue
          const encoded = encodePacket(decision.packet)
          assert.ok(encoded.length < 1472)
          const decoded = decodePacket(encoded)
          assert.ok(decoded.ok)
          assert.equal(decoded.packet.yiaddr, '0.0.0.0')
          for (const code of [1, 3, 50, 51, 58, 59]) assert.equal(option(decoded.packet, code), undefined)
          assert.match(textOf(option(decoded.packet, 60)!), /^(PXE|HTTP)Client$/)
        }
      }),
      { numRuns: 500 },
    )
  })
})
