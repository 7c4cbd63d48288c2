import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import fc from 'fast-check'
import { describe as describeClient, readClient } from '../../src/serve/dhcp/client.js'
import { bytesOf, find } from '../../src/serve/dhcp/options.js'
import { decodePacket as decodeDhcp, encodePacket as encodeDhcp } from '../../src/serve/dhcp/packet.js'
import { Policy } from '../../src/serve/dhcp/policy.js'
import { AllowList } from '../../src/serve/allow-list.js'
import type { Content } from '../../src/serve/content.js'
import type { SharedFile } from '../../src/serve/files.js'
import { respondWithFile } from '../../src/serve/http/file-response.js'
import { cleanTftpName } from '../../src/serve/names.js'
import { decodePacket, encodePacket } from '../../src/serve/tftp/packet.js'
import { ReadSession, type Step } from '../../src/serve/tftp/session.js'
import { request as dhcpRequest, u16 } from './dhcp/support.js'
import { numbers } from './numbers.js'

/**
 * What anybody can send. The short run is fast-check's; `IPXETOOL_FUZZ=10000000` feeds each target as many inputs,
 * made from good ones by changing octets.
 */
const long = Number(process.env['IPXETOOL_FUZZ'] ?? 0)

const SELF = {
  address: '192.0.2.1',
  httpUrl: 'http://192.0.2.1:8080/',
  tftpUrl: 'tftp://192.0.2.1/',
  firmwareTftp: true,
}
const ALLOW = ['192.0.2.0/24', '10.0.0.0/8']
const policy = new Policy({
  script: 'boot.ipxe',
  has: () => true,
  allow: new AllowList(ALLOW),
  loaderFallback: true,
})
const allowed = new AllowList(ALLOW)
let now = 0

/** A packet to port 67 or 4011, and what the proxy makes of it. Says whether there is an answer. */
function dhcp(bytes: Uint8Array, port: 67 | 4011): boolean {
  const decoded = decodeDhcp(bytes)
  if (!decoded.ok) return false
  const { packet } = decoded
  const machine = describeClient(readClient(packet))
  // What goes into a log and a page.
  for (const text of [machine.vendorClass ?? '', machine.userClass ?? '', machine.mac])
    assert.ok(!/\p{Cc}/u.test(text))
  const from = { address: port === 67 ? '0.0.0.0' : '192.0.2.77', port: 68 }
  const decision = policy.decide({ packet, port, from, now: (now += 10) }, SELF)
  if (decision.kind === 'silent') return false
  assert.equal(packet.op, 1)
  const { to } = decision
  assert.ok(to.address === '255.255.255.255' || allowed.permits(to.address), to.address)
  const reply = encodeDhcp(decision.packet)
  // A gift to whoever forges an address, if it were much more than was asked with.
  assert.ok(reply.length <= bytes.length + 400, `${reply.length} for ${bytes.length} octets`)
  const again = decodeDhcp(reply)
  assert.ok(again.ok && !again.truncated && again.packet.op === 2 && again.packet.xid === packet.xid)
  assert.equal(again.packet.yiaddr, '0.0.0.0')
  // Mask, router, name server, address, lease: for a DHCP server to say.
  for (const code of [1, 3, 6, 50, 51, 58, 59])
    assert.equal(find(again.packet.options, code), undefined, `option ${code}`)
  return true
}

/** One datagram to the port, and what follows from it when it is a request. */
function tftp(bytes: Uint8Array): void {
  const decoded = decodePacket(bytes)
  if (!decoded.ok) return
  const { packet } = decoded
  // What was understood can be said again, and means the same.
  if (packet.kind !== 'data') assert.deepEqual(decodePacket(encodePacket(packet)), decoded)
  if (packet.kind !== 'rrq') return
  const name = cleanTftpName(packet.filename)
  if (name.ok) for (const segment of name.segments) assert.ok(!/^\.|[/\\\0]/.test(segment))
  const session = new ReadSession(packet.options, bytes.length * 97, { blksizeMax: 1468 })
  assert.ok(session.blksize >= 8 && session.blksize <= 1468 && session.windowsize <= 64)
  const start = session.start(0)
  assert.ok(start.send.length === 1 && (start.send[0]!.kind !== 'data' || start.send[0]!.count === 1))
  for (const { name: option } of session.options)
    assert.ok(packet.options.some((asked) => asked.name === option))
}

/** Datagrams from the client of a running transfer. */
function transfer(bytes: Uint8Array): void {
  const size = 40_000
  const session = new ReadSession([{ name: 'windowsize', value: String(1 + ((bytes[0] ?? 0) % 64)) }], size)
  session.start(0)
  let ended = 0
  for (let at = 1, now = 1; at < bytes.length; at += 4, now += bytes[at]! * 9) {
    const decoded = decodePacket(
      Uint8Array.of(0, (bytes[at]! % 7) + 1, 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0),
    )
    const step: Step =
      decoded.ok && bytes[at]! < 200 ? session.receive(decoded.packet, now) : session.tick(now)
    if (step.outcome !== undefined) ended += 1
    for (const sent of step.send) {
      if (sent.kind !== 'data') continue
      assert.ok(sent.offset >= 0 && sent.offset + sent.length <= size && sent.count <= session.windowsize)
      assert.equal(sent.offset, (sent.block - 1) * session.blksize)
    }
  }
  assert.ok(ended <= 1)
}

const NOTHING: Pick<Content, 'take' | 'load' | 'prefetch'> = {
  take: () => undefined,
  load: () => new Promise(() => undefined),
  prefetch: () => undefined,
}

/** The headers of a request for a part of a file of 10,000 octets. */
function range(headers: Record<string, string>): void {
  const size = 10_000
  const set = new Map<string, string | number>()
  const res = {
    statusCode: 200,
    headersSent: false,
    setHeader: (name: string, value: string | number) => set.set(name.toLowerCase(), value),
    getHeader: (name: string) => set.get(name.toLowerCase()),
    getHeaderNames: () => [...set.keys()],
    removeHeader: (name: string) => set.delete(name.toLowerCase()),
    writeHead: (status: number, fields: readonly string[]) => {
      res.statusCode = status
      for (let at = 0; at < fields.length; at += 2) res.setHeader(fields[at]!, fields[at + 1]!)
    },
    once: () => res,
    end: () => res,
  }
  let refused: number | undefined
  let started = false
  const file = { name: 'file', size, mtimeMs: 1e12 } as SharedFile
  const req = { method: 'GET', headers } as unknown as IncomingMessage
  respondWithFile(
    req,
    res as unknown as ServerResponse,
    file,
    NOTHING as Content,
    '"tag"',
    () => (started = true),
    (status) => (refused = status),
  )
  const status = refused ?? res.statusCode
  assert.ok([200, 206, 304, 412, 416].includes(status), String(status))
  assert.equal(started, status === 200 || status === 206)
  const length = Number(set.get('content-length'))
  if (status === 200) assert.equal(length, size)
  if (status === 206) {
    const [, first, last, all] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(String(set.get('content-range'))) ?? []
    assert.equal(Number(all), size)
    assert.ok(Number(first) <= Number(last) && Number(last) < size)
    assert.equal(length, Number(last) - Number(first) + 1)
  }
}

/** Requests of firmware, of iPXE and of a relay. */
const DHCP_SEEDS = [
  dhcpRequest({ 93: u16(0), 94: Uint8Array.of(1, 2, 1), 97: new Uint8Array(17).fill(7, 1) }),
  dhcpRequest({ 60: bytesOf('PXEClient:Arch:00007:UNDI:003016'), 93: u16(7) }),
  dhcpRequest({ 60: bytesOf('HTTPClient:Arch:00016:UNDI:003001'), 93: u16(16) }),
  dhcpRequest({ 77: bytesOf('iPXE'), 93: u16(7), 175: Uint8Array.of(235, 3, 1, 21, 1, 176, 1, 1) }),
  dhcpRequest({ 77: bytesOf('iPXE-ipxetool'), 82: Uint8Array.of(1, 4, 0, 1, 2, 3) }, { giaddr: '10.1.2.3' }),
  dhcpRequest(
    { 53: Uint8Array.of(3), 43: Uint8Array.of(71, 4, 0x80, 1, 0, 0, 255) },
    { ciaddr: '192.0.2.9' },
  ),
].map(encodeDhcp)
/** Where the header ends and the options begin. */
const DHCP_OPTIONS = 236

const SEEDS = [
  encodePacket({
    kind: 'rrq',
    filename: 'menus/main.ipxe',
    mode: 'octet',
    options: [
      { name: 'blksize', value: '1468' },
      { name: 'tsize', value: '0' },
      { name: 'windowsize', value: '4' },
      { name: 'timeout', value: '5' },
    ],
  }),
  encodePacket({ kind: 'error', code: 8, message: 'User aborted the transfer' }),
  encodePacket({ kind: 'oack', options: [{ name: 'blksize', value: '512' }] }),
  encodePacket({ kind: 'ack', block: 513 }),
]
const RANGES = [
  'bytes=0-99',
  'bytes=-5',
  'bytes=9990-',
  'bytes=0-0,5-9',
  'bytes=10000-',
  'bytes = 1 - 2',
  'bytes=5-2',
]

describe('fuzzing', () => {
  it('of TFTP requests', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), tftp), { numRuns: 3000 })
    const edits = fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 6 })
    fc.assert(
      fc.property(fc.constantFrom(...SEEDS), edits, (seed, changes) => {
        const bytes = Uint8Array.from(seed)
        for (const [at, octet] of changes) bytes[at % bytes.length] = octet
        tftp(bytes)
      }),
      { numRuns: 5000 },
    )
  })

  it('of what a TFTP client sends later', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), transfer), { numRuns: 3000 })
  })

  it('of HTTP ranges and conditions', () => {
    const value = fc.oneof(
      fc.constantFrom(...RANGES, '"tag"', 'W/"tag"', '*', new Date(1e12).toUTCString()),
      fc
        .array(
          fc.constantFrom(
            'bytes=',
            '0',
            '-',
            ',',
            '9999',
            '10000',
            ' ',
            'x',
            '=',
            '-1',
            '1e3',
            '18446744073709551616',
          ),
        )
        .map((parts) => `bytes=${parts.join('')}`),
      fc.string(),
    )
    const name = fc.constantFrom(
      'range',
      'if-range',
      'if-match',
      'if-none-match',
      'if-modified-since',
      'if-unmodified-since',
    )
    fc.assert(
      fc.property(fc.dictionary(name, value), (headers) => {
        range({ ...headers })
      }),
      { numRuns: 5000 },
    )
  })

  it('of DHCP requests', () => {
    const edits = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 6 })
    fc.assert(
      fc.property(fc.constantFrom(...DHCP_SEEDS), edits, fc.boolean(), (seed, changes, second) => {
        const bytes = Uint8Array.from(seed)
        for (const [at, octet] of changes) bytes[at % bytes.length] = octet
        dhcp(bytes, second ? 4011 : 67)
      }),
      { numRuns: 5000 },
    )
  })

  const random = numbers(20_261_121)
  const pick = (below: number): number => Math.floor(random() * below)
  const change = (seed: Uint8Array, from = 0): Uint8Array => {
    const bytes = Uint8Array.from(random() < 0.1 ? seed.subarray(0, pick(seed.length + 1)) : seed)
    for (let edits = pick(6); edits > 0 && bytes.length > from; edits--)
      bytes[from + pick(bytes.length - from)] = pick(256)
    return bytes
  }
  const rangeSeeds = RANGES.map((one) => Buffer.from(one))
  const letters = Buffer.from('bytes=-,0123456789 \t')
  const targets: Record<string, (i: number) => unknown> = {
    DHCP: (i) => {
      const seed = DHCP_SEEDS[i % DHCP_SEEDS.length]!
      return dhcp(change(seed, random() < 0.8 ? DHCP_OPTIONS : 0), random() < 0.7 ? 67 : 4011)
    },
    TFTP: (i) => {
      tftp(change(SEEDS[i % SEEDS.length]!))
      if (i % 10 === 0) transfer(Uint8Array.from({ length: 40 }, () => pick(256)))
      return true
    },
    'HTTP range': (i) => {
      const header = change(rangeSeeds[i % RANGES.length]!).map((octet) =>
        octet > 127 ? letters[octet % letters.length]! : octet,
      )
      range({ range: Buffer.from(header).toString('latin1') })
      return true
    },
  }
  for (const [name, target] of long === 0 ? [] : Object.entries(targets))
    it(`of ${name} at length`, function () {
      this.timeout(3_600_000)
      const start = performance.now()
      let answers = 0
      for (let i = 0; i < long; i++) if (target(i) === true) answers += 1
      const seconds = ((performance.now() - start) / 1000).toFixed(0)
      console.log(`    ${name}: ${long} inputs in ${seconds} s, ${answers} understood`)
      assert.ok(answers > long / 100)
    })
})
