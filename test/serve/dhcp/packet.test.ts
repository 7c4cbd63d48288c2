import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe as describeClient, readClient } from '../../../src/serve/dhcp/client.js'
import {
  bytesOf,
  decodeOptions,
  encodeEncapsulated,
  encodeOptions,
  find,
  join,
  textOf,
} from '../../../src/serve/dhcp/options.js'
import { decodePacket, type DhcpPacket, encodePacket, field } from '../../../src/serve/dhcp/packet.js'
import { request, u16 } from './support.js'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const address = fc.tuple(...[0, 1, 2, 3].map(() => fc.nat(255))).map((parts) => parts.join('.'))
const options = fc.uniqueArray(
  fc.record(
    {
      code: fc.integer({ min: 1, max: 254 }).filter((code) => code !== 52),
      data: fc.uint8Array({ maxLength: 600 }),
    },
    { noNullPrototype: true },
  ),
  { selector: ({ code }) => code, maxLength: 12 },
)
const packets: fc.Arbitrary<DhcpPacket> = fc.record(
  {
    op: fc.constantFrom(1, 2),
    htype: fc.nat(255),
    hlen: fc.nat(16),
    hops: fc.nat(255),
    xid: fc.nat(0xffffffff),
    secs: fc.nat(65535),
    flags: fc.nat(65535),
    ciaddr: address,
    yiaddr: address,
    siaddr: address,
    giaddr: address,
    chaddr: bytes(16),
    sname: bytes(64),
    file: bytes(128),
    options,
  },
  { noNullPrototype: true },
)

describe('DHCP packets', () => {
  it('are the same after encoding and decoding', () => {
    fc.assert(
      fc.property(packets, (packet) => {
        const encoded = encodePacket(packet)
        assert.ok(encoded.length >= 300)
        assert.deepEqual(decodePacket(encoded), { ok: true, packet, truncated: false })
      }),
    )
  })

  it('never make the decoder throw, nor what reads a client out of them', () => {
    const broken = fc
      .tuple(packets, fc.array(fc.tuple(fc.nat(1500), fc.nat(255)), { maxLength: 30 }), fc.nat(1500))
      .map(([packet, changes, length]) => {
        const encoded = encodePacket(packet)
        for (const [at, byte] of changes) if (at < encoded.length) encoded[at] = byte
        return encoded.subarray(0, Math.max(length, 240))
      })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 1500 }), broken), (input) => {
        const decoded = decodePacket(input)
        if (decoded.ok) describeClient(readClient(decoded.packet))
      }),
      { numRuns: 2000 },
    )
  })

  it('refuses what is none', () => {
    const good = encodePacket(request({}))
    const problem = (input: Uint8Array): string => {
      const decoded = decodePacket(input)
      return decoded.ok ? 'none' : decoded.problem
    }
    assert.match(problem(good.subarray(0, 239)), /239 octets/)
    assert.match(problem(Uint8Array.from(good, (byte, at) => (at === 236 ? 0 : byte))), /cookie/)
    assert.match(problem(Uint8Array.from(good, (byte, at) => (at === 0 ? 7 : byte))), /op 7/)
    assert.match(problem(Uint8Array.from(good, (byte, at) => (at === 2 ? 200 : byte))), /200 octets/)
    assert.equal(problem(good), 'none')
  })

  it('joins an option that comes in pieces, from the options field, then file, then sname (RFC 3396)', () => {
    const encoded = encodePacket({
      ...request({}),
      file: join([Uint8Array.of(67, 2, 98, 99, 255), new Uint8Array(123)]),
      sname: join([Uint8Array.of(67, 1, 100, 255), new Uint8Array(60)]),
      options: [
        { code: 52, data: Uint8Array.of(3) },
        { code: 67, data: Uint8Array.of(97) },
      ],
    })
    const decoded = decodePacket(encoded)
    assert.ok(decoded.ok)
    assert.equal(textOf(find(decoded.packet.options, 67)!), 'abcd')
    assert.ok([...decoded.packet.file, ...decoded.packet.sname].every((byte) => byte === 0))
    assert.equal(find(decoded.packet.options, 52), undefined)
  })

  it('leaves out an option that is cut off, and says so', () => {
    assert.deepEqual(decodeOptions([Uint8Array.of(53, 1, 1, 60, 9, 80, 88)]), {
      options: [{ code: 53, data: Uint8Array.of(1) }],
      truncated: true,
    })
    assert.equal(decodeOptions([Uint8Array.of(53)]).truncated, true)
  })

  it('reads relay information, where 0 and 255 are codes like others', () => {
    const data = Uint8Array.of(0, 1, 7, 255, 1, 8)
    assert.deepEqual(
      decodeOptions([data], false).options.map(({ code }) => code),
      [0, 255],
    )
    assert.deepEqual(encodeOptions(decodeOptions([data], false).options), data)
  })

  it('writes sub-options with an end', () => {
    assert.deepEqual(encodeEncapsulated([{ code: 6, data: Uint8Array.of(8) }]), Uint8Array.of(6, 1, 8, 255))
  })

  it('cuts a header field so that its NUL fits', () => {
    assert.equal(textOf(field('x'.repeat(200), 128)).length, 127)
  })
})

describe('what a DHCP request says of a machine', () => {
  const read = (more: Readonly<Record<number, Uint8Array>>) => readClient(request(more))

  it('takes the architecture from option 93, else from option 60', () => {
    assert.deepEqual(read({ 93: Uint8Array.of(0, 7, 0, 9) }).architectures, [7, 9])
    assert.deepEqual(read({ 93: Uint8Array.of(7) }).architectures, [0], 'from PXEClient:Arch:00000')
    assert.deepEqual(read({ 60: bytesOf('PXEClient:Arch:00011:UNDI:003016') }).architectures, [11])
    assert.deepEqual(read({ 60: bytesOf('PXEClient') }).architectures, [])
  })

  it('reads the user class bare and with lengths', () => {
    assert.equal(read({ 77: bytesOf('iPXE') }).isIpxe, true)
    assert.equal(read({ 77: bytesOf('\x04iPXE') }).isIpxe, true)
    assert.equal(read({ 77: bytesOf('\x03foo\x04iPXE') }).userClass, 'foo iPXE')
    assert.equal(read({ 77: bytesOf('gPXE') }).isIpxe, false)
    const ours = read({ 77: bytesOf('iPXE-ipxetool') })
    assert.deepEqual([ours.isIpxe, ours.isOurs], [true, true])
  })

  it('knows iPXE by option 175 alone, and its version', () => {
    const client = read({ 175: Uint8Array.of(235, 3, 1, 0, 0, 255) })
    assert.deepEqual([client.isIpxe, client.isOurs, client.ipxeVersion], [true, false, '1.0.0'])
  })

  it('reads the UUID as SMBIOS has it, and does without', () => {
    const id = bytesOf('\0\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff')
    assert.equal(read({ 97: id }).uuid, '00112233-4455-6677-8899-aabbccddeeff')
    for (const none of ['', '\0', '\x01'.repeat(17), '\0'.repeat(17)]) {
      assert.equal(read({ 97: bytesOf(none) }).uuid, undefined)
    }
  })

  it('takes the address from the header, else from option 50', () => {
    assert.equal(readClient({ ...request({}), ciaddr: '10.0.0.9' }).address, '10.0.0.9')
    assert.equal(read({ 50: Uint8Array.of(10, 0, 0, 7) }).address, '10.0.0.7')
    assert.equal(read({ 50: Uint8Array.of(10) }).address, undefined)
  })

  it('makes texts safe to print', () => {
    const shown = describeClient(read({ 60: bytesOf('PXEClient\x1b[2J'), 93: u16(7) }))
    assert.equal(shown.vendorClass, 'PXEClient\\x1b[2J')
    assert.equal(shown.architecture, 7)
  })
})
