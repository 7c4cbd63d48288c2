import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import fc from 'fast-check'
import type { Content } from '../../src/serve/content.js'
import type { SharedFile } from '../../src/serve/files.js'
import { respondWithFile } from '../../src/serve/http/file-response.js'
import { cleanTftpName } from '../../src/serve/names.js'
import { decodePacket, encodePacket } from '../../src/serve/tftp/packet.js'
import { ReadSession, type Step } from '../../src/serve/tftp/session.js'
import { numbers } from './numbers.js'

/**
 * What anybody can send. The short run is fast-check's; `IPXETOOL_FUZZ=10000000` feeds each target as many inputs,
 * made from good ones by changing octets.
 */
const long = Number(process.env['IPXETOOL_FUZZ'] ?? 0)

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

  it('at length', function () {
    if (long === 0) this.skip()
    this.timeout(3_600_000)
    const random = numbers(20_261_121)
    const pick = (below: number): number => Math.floor(random() * below)
    const change = (seed: Uint8Array): Uint8Array => {
      const bytes = Uint8Array.from(seed.subarray(0, random() < 0.1 ? pick(seed.length + 1) : seed.length))
      for (let edits = pick(6); edits > 0 && bytes.length > 0; edits--) bytes[pick(bytes.length)] = pick(256)
      return bytes
    }
    const rangeSeeds = RANGES.map((one) => Buffer.from(one))
    const letters = Buffer.from('bytes=-,0123456789 \t')
    for (let i = 0; i < long; i++) {
      tftp(change(SEEDS[i % SEEDS.length]!))
      if (i % 10 === 0) transfer(Uint8Array.from({ length: 40 }, () => pick(256)))
      const header = change(rangeSeeds[i % RANGES.length]!).map((octet) =>
        octet > 127 ? letters[octet % letters.length]! : octet,
      )
      range({ range: Buffer.from(header).toString('latin1') })
    }
  })
})
