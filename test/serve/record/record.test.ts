import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execaSync } from 'execa'
import fc from 'fast-check'
import { replay } from '../../../src/serve/doctor/replay.js'
import { decodePcap, pcapHeader, pcapRecord, type Datagram } from '../../../src/serve/record/pcap.js'
import { startRecorder } from '../../../src/serve/record/recorder.js'
import { decodePacket } from '../../../src/serve/tftp/packet.js'
import { notRun } from '../../support/not-run.js'
import { pattern, RawClient, type Running, Scratch, serve, needs } from '../support.js'

const joined = (...parts: (Uint8Array | undefined)[]): Uint8Array =>
  Buffer.concat(parts.filter((part) => part !== undefined))
const plain = ({ at, from, to, bytes }: Datagram): unknown[] => [
  at,
  from.address,
  from.port,
  to.address,
  to.port,
  [...bytes],
]
const datagram: Datagram = {
  at: 1_700_000_000_123,
  from: { address: '0.0.0.0', port: 68 },
  to: { address: '255.255.255.255', port: 67 },
  bytes: Uint8Array.of(1, 2, 3),
}

describe('recordings', () => {
  const scratch = new Scratch()
  afterEach(() => scratch.clean())

  it('come back as they were written, of IPv4 and of IPv6', () => {
    const canonical = (address: string): string => new URL(`http://[${address}]/`).hostname.slice(1, -1)
    const families = [fc.ipV4(), fc.ipV6().map(canonical)].map((address) => {
      const end = fc.record({ address, port: fc.integer({ min: 0, max: 65535 }) })
      return fc.record({
        at: fc.integer({ min: 0, max: 4_000_000_000_000 }),
        from: end,
        to: end,
        bytes: fc.uint8Array({ maxLength: 1500 }),
      })
    })
    fc.assert(
      fc.property(fc.array(fc.oneof(...families), { maxLength: 5 }), (all) => {
        const read = decodePcap(joined(pcapHeader(), ...all.map((each) => pcapRecord(each))))
        assert.ok(read.ok && !read.truncated)
        assert.deepEqual(read.datagrams.map(plain), all.map(plain))
      }),
      { numRuns: 300 },
    )
  })

  it('of Ethernet, in the other byte order, with VLAN tags: as tcpdump writes them on other machines', () => {
    const ip = pcapRecord(datagram)!.subarray(16)
    const frame = joined(new Uint8Array(12), Uint8Array.of(0x81, 0, 0, 5, 8, 0), ip)
    const head = new DataView(new ArrayBuffer(40))
    head.setUint32(0, 0xa1b23c4d)
    head.setUint32(20, 1)
    head.setUint32(24, 1_700_000_000)
    head.setUint32(28, 123_000_000)
    head.setUint32(32, frame.length)
    const read = decodePcap(joined(new Uint8Array(head.buffer), frame))
    assert.ok(read.ok)
    assert.deepEqual({ ...read.datagrams[0], bytes: [1, 2, 3] }, { ...datagram, bytes: [1, 2, 3] })
  })

  it('that are damaged are read as far as they go, and never stop the program', () => {
    const whole = joined(pcapHeader(), pcapRecord(datagram), pcapRecord(datagram))
    const cut = decodePcap(whole.subarray(0, whole.length - 1))
    assert.ok(cut.ok && cut.truncated && cut.datagrams.length === 1)
    const bytes = fc.uint8Array({ maxLength: 200 })
    fc.assert(
      fc.property(bytes, fc.boolean(), (noise, headed) => {
        decodePcap(headed ? joined(pcapHeader(), noise) : noise)
      }),
      { numRuns: 3000 },
    )
    assert.deepEqual(decodePcap(joined(Uint8Array.of(10, 13, 13, 10), new Uint8Array(40))), {
      ok: false,
      problem: 'a pcapng file; `editcap -F pcap IN OUT` makes a pcap file of it',
    })
  })

  it('of IPv6 that others have written may have options before UDP; fragments are left out', () => {
    const from = { address: 'fd77::1', port: 1 }
    const ip = pcapRecord({ ...datagram, from, to: { ...from, address: 'ff02::1' } })!.subarray(16)
    const read = (next: number): number => {
      // hop-by-hop options of 16 octets, or a fragment
      const packet = joined(ip.subarray(0, 40), Uint8Array.of(17, 1), new Uint8Array(14), ip.subarray(40))
      packet[6] = next
      const head = new Uint8Array(16)
      new DataView(head.buffer).setUint32(8, packet.length, true)
      const decoded = decodePcap(joined(pcapHeader(), head, packet))
      assert.ok(decoded.ok)
      return decoded.datagrams.length
    }
    assert.deepEqual([read(0), read(60), read(44), read(6)], [1, 1, 0, 0])
  })

  it('have no record of what has an address of each family, or none', () => {
    const to = { address: '::1', port: 69 }
    assert.equal(pcapRecord({ ...datagram, to }), undefined)
    assert.equal(pcapRecord({ ...datagram, to: { address: 'nowhere', port: 69 } }), undefined)
    const zoned = pcapRecord({ ...datagram, from: { address: 'fe80::1%eth0', port: 69 }, to })
    assert.deepEqual([...zoned!.subarray(16 + 8, 16 + 12)], [0xfe, 0x80, 0, 0])
  })

  it('tcpdump reads what is written, and finds the checksums right', function () {
    needs(this, 'tcpdump', 'tcpdump')
    const client = { address: 'fd77::50', port: 1024 }
    const six = { ...datagram, from: client, to: { address: 'fd77::2', port: 69 } }
    const input = joined(pcapHeader(), pcapRecord(datagram), pcapRecord(six))
    const { stdout } = execaSync('tcpdump', ['-nvv', '-r', '-'], { input })
    assert.match(stdout, /0\.0\.0\.0\.\d+ > [\d.]+\.67: /)
    assert.match(stdout, /fd77::50\.1024 > fd77::2\.69: \[udp sum ok\]/)
    assert.doesNotMatch(stdout, /bad/)
  })

  /** What the recording has of a request, its OACK, an ACK and the first block. */
  async function oneBlock(server: Running, client: RawClient, record: string): Promise<readonly Datagram[]> {
    try {
      client.request(server.tftpPort, 'ipxe.efi', { blksize: '1400' })
      const { from } = await client.next()
      client.send(from.port, { kind: 'ack', block: 0 })
      await client.next()
    } finally {
      client.close()
      await server.close()
    }
    const read = decodePcap(readFileSync(record))
    execaSync('rm', [record])
    assert.ok(read.ok)
    return read.datagrams
  }

  it('have both sides of a transfer, and of a long block its beginning', async () => {
    const root = await scratch.folder({ 'ipxe.efi': pattern(3000) })
    const record = join(root, '../', `${Date.now()}-${process.pid}.pcap`)
    const server = await serve(root, { http: false, record })
    const datagrams = await oneBlock(server, await RawClient.open(), record)
    const kinds = datagrams.map(({ bytes }) => {
      const decoded = decodePacket(bytes)
      return decoded.ok ? decoded.packet.kind : 'bad'
    })
    for (const kind of ['rrq', 'oack', 'ack'] as const)
      assert.ok(kinds.includes(kind), `${kind}: ${kinds.join(' ')}`)
  })

  it('have both sides of a transfer over IPv6', async function () {
    const root = await scratch.folder({ 'ipxe.efi': pattern(3000) })
    const record = join(root, '../', `${Date.now()}-${process.pid}-6.pcap`)
    const server = await serve(root, { http: false, record, tftp: { port: 0, host: '::1' } }).catch(
      () => undefined,
    )
    if (server === undefined) notRun(this, 'no IPv6 here', { allowedInCi: true })
    const datagrams = await oneBlock(server, await RawClient.open(0, '::1'), record)
    assert.ok(datagrams.every(({ from, to }) => from.address === '::1' && to.address === '::1'))
    assert.equal(datagrams[0]?.to.port, server.tftpPort)
    assert.ok(datagrams.length >= 4)
    const self = { address: '192.0.2.1', httpUrl: undefined, tftpUrl: undefined, firmwareTftp: true }
    const [request] = replay(datagrams, { script: 'boot.ipxe', has: () => true }, self)
    assert.deepEqual([request?.machine, request?.ask], ['::1', 'RRQ ipxe.efi'])
  })

  it('end where they are told to, and say so', async () => {
    const root = await scratch.folder()
    const said: string[] = []
    const file = join(root, 'x.pcap')
    const recorder = startRecorder({ file, limit: 30, onEnd: (reason) => said.push(reason) })
    const client = await RawClient.open()
    client.send(9, new Uint8Array(100))
    client.send(9, new Uint8Array(100))
    client.close()
    recorder.close()
    assert.equal(said.length, 1)
    assert.equal(readFileSync(file).length, 24 + 16 + 28 + 100)
    assert.throws(() => startRecorder({ file: join(root, 'no/x.pcap'), onEnd: () => undefined }), {
      code: 'record-not-written',
    })
  })
})
