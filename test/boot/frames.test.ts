import assert from 'node:assert/strict'
import fc from 'fast-check'
import { readDatagram, writeDatagram } from '../../src/boot/frames.js'

const end = fc
  .tuple(fc.ipV4(), fc.integer({ min: 0, max: 65_535 }))
  .map(([address, port]) => ({ address, port }))
const mac = fc.uint8Array({ minLength: 6, maxLength: 6 })

describe('frames of the wire', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(end, end, fc.uint8Array({ maxLength: 1400 }), mac, mac, (from, to, data, ours, theirs) => {
        const read = readDatagram(writeDatagram({ from, to, data }, { from: ours, to: theirs }))
        assert.deepEqual(read, { from, to, data })
      }),
    )
  })

  it('are read to their end, never beyond, and never throw', () => {
    const frame = writeDatagram(
      {
        from: { address: '0.0.0.0', port: 68 },
        to: { address: '255.255.255.255', port: 67 },
        data: Uint8Array.of(1, 2),
      },
      { from: new Uint8Array(6), to: new Uint8Array(6).fill(255) },
    )
    // short frames are filled up to 60 octets
    assert.deepEqual(readDatagram(Uint8Array.of(...frame, 0, 0, 0, 0))?.data, Uint8Array.of(1, 2))
    for (let length = 0; length < frame.length; length++)
      assert.equal(readDatagram(frame.subarray(0, length)), undefined)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        readDatagram(bytes)
      }),
    )
  })
})
