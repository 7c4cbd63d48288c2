import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  decodePacket,
  encodePacket,
  MAX_MESSAGE_LENGTH,
  MAX_NAME_LENGTH,
  MAX_OPTIONS,
  MAX_WORD_LENGTH,
  type TftpPacket,
  writeDataHeader,
} from '../../../src/serve/tftp/packet.js'

/** Byte strings without NUL. */
const text = (maxLength: number, minLength = 0): fc.Arbitrary<string> =>
  fc
    .array(fc.integer({ min: 1, max: 255 }), { minLength, maxLength })
    .map((codes) => String.fromCharCode(...codes))

const uint16 = fc.integer({ min: 0, max: 0xffff })
const option = plain({ name: text(MAX_WORD_LENGTH, 1), value: text(MAX_WORD_LENGTH) })
const options = fc.array(option, { maxLength: MAX_OPTIONS })

const packet: fc.Arbitrary<TftpPacket> = fc.oneof(
  plain({
    kind: fc.constantFrom('rrq' as const, 'wrq' as const),
    filename: text(MAX_NAME_LENGTH),
    mode: text(MAX_WORD_LENGTH),
    options,
  }),
  plain({ kind: fc.constant('data' as const), block: uint16, data: fc.uint8Array({ maxLength: 2000 }) }),
  plain({ kind: fc.constant('ack' as const), block: uint16 }),
  plain({ kind: fc.constant('error' as const), code: uint16, message: text(MAX_MESSAGE_LENGTH) }),
  plain({ kind: fc.constant('oack' as const), options }),
)

/** Records with the ordinary prototype, so that strict equality compares fields only. */
function plain<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(model, { noNullPrototype: true })
}

const bytes = (latin1: string): Uint8Array => Uint8Array.from(latin1, (character) => character.charCodeAt(0))

const decoded = (latin1: string): TftpPacket => {
  const result = decodePacket(bytes(latin1))
  assert.ok(result.ok, JSON.stringify(result))
  return result.packet
}

describe('tftp packet codec', () => {
  it('gives back every packet it has written', () => {
    fc.assert(
      fc.property(packet, (value) => {
        const result = decodePacket(encodePacket(value))
        assert.ok(result.ok)
        assert.deepEqual(result.packet, value)
      }),
    )
  })

  it('never throws, and never returns a string beyond its bound, whatever the bytes', () => {
    const opcode = fc.integer({ min: 0, max: 8 })
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 4000 }),
      fc.uint8Array({ maxLength: 4000, size: 'max' }),
    )
    fc.assert(
      fc.property(opcode, noise, (code, rest) => {
        const result = decodePacket(Uint8Array.of(0, code, ...rest))
        if (!result.ok) return
        const found = result.packet
        if (found.kind === 'rrq' || found.kind === 'wrq') {
          assert.ok(found.filename.length <= MAX_NAME_LENGTH && found.mode.length <= MAX_WORD_LENGTH)
        }
        if (found.kind === 'rrq' || found.kind === 'wrq' || found.kind === 'oack') {
          assert.ok(found.options.length <= MAX_OPTIONS)
          for (const { name, value } of found.options) {
            assert.ok(name.length > 0 && name.length <= MAX_WORD_LENGTH && value.length <= MAX_WORD_LENGTH)
          }
        }
        if (found.kind === 'error') assert.ok(found.message.length <= MAX_MESSAGE_LENGTH)
      }),
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (noise) => decodePacket(noise).ok || true))
  })

  it('reads a request as it stands on the wire', () => {
    assert.deepEqual(decoded('\0\x01boot.ipxe\0octet\0blksize\x001432\0tsize\x000\0'), {
      kind: 'rrq',
      filename: 'boot.ipxe',
      mode: 'octet',
      options: [
        { name: 'blksize', value: '1432' },
        { name: 'tsize', value: '0' },
      ],
    })
  })

  it('writes the bytes of the RFC', () => {
    assert.deepEqual(encodePacket({ kind: 'ack', block: 0x1234 }), bytes('\0\x04\x12\x34'))
    assert.deepEqual(encodePacket({ kind: 'error', code: 1, message: 'no' }), bytes('\0\x05\0\x01no\0'))
    assert.deepEqual(
      encodePacket({ kind: 'oack', options: [{ name: 'tsize', value: '7' }] }),
      bytes('\0\x06tsize\x007\0'),
    )
    const header = new Uint8Array(4)
    writeDataHeader(header, 0xfffe)
    assert.deepEqual(header, bytes('\0\x03\xff\xfe'))
  })

  it('names what is wrong with a datagram', () => {
    const problem = (latin1: string): string => {
      const result = decodePacket(bytes(latin1))
      return result.ok ? `a ${result.packet.kind}` : result.problem
    }
    assert.equal(problem(''), 'too-short')
    assert.equal(problem('\0'), 'too-short')
    assert.equal(problem('\0\x04\0'), 'too-short')
    assert.equal(problem('\0\x07abc'), 'unknown-opcode')
    assert.equal(problem('\x01\x01a\0octet\0'), 'unknown-opcode')
    assert.equal(problem('\0\x01boot.ipxe'), 'unterminated')
    assert.equal(problem('\0\x01boot.ipxe\0octet'), 'unterminated')
    assert.equal(problem(`\0\x01${'a'.repeat(MAX_NAME_LENGTH + 1)}\0octet\0`), 'name-too-long')
    assert.equal(problem(`\0\x01a\0${'o'.repeat(MAX_WORD_LENGTH + 1)}\0`), 'value-too-long')
    assert.equal(problem(`\0\x01${'a'.repeat(MAX_NAME_LENGTH)}\0octet\0`), 'a rrq')
  })

  it('drops a torn or oversized option and keeps the request', () => {
    const torn = decoded('\0\x01a\0octet\0blksize\x001432\0tsize')
    assert.deepEqual(torn.kind === 'rrq' && torn.options, [{ name: 'blksize', value: '1432' }])
    const oversized = decoded(`\0\x01a\0octet\0${'x'.repeat(MAX_WORD_LENGTH + 1)}\x001\0tsize\x000\0`)
    assert.deepEqual(oversized.kind === 'rrq' && oversized.options, [{ name: 'tsize', value: '0' }])
  })

  it('reads an ERROR whose text has no end', () => {
    assert.deepEqual(decoded('\0\x05\0\x08gone'), { kind: 'error', code: 8, message: 'gone' })
    assert.deepEqual(decoded('\0\x05\0\0'), { kind: 'error', code: 0, message: '' })
  })
})
