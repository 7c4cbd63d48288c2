import assert from 'node:assert/strict'
import fc from 'fast-check'
import { patchEmbed } from '../../src/loader/patch.js'
import { parsePe } from '../../src/loader/pe.js'
import { fillSlot, findSlot, fitsSlot } from '../../src/loader/slot.js'
import { bytes, efiImage, slotImage, textOf } from './support.js'

const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))

describe('a slot', () => {
  it('is found again, whatever is in it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 512, max: 3000 }), fc.integer({ min: 0, max: 3000 }), (size, length) => {
        const script = bytes(`#!ipxe\n${'#'.repeat(length)}\n`)
        if (!fitsSlot(script, size)) {
          assert.throws(() => fillSlot(script, size), /the slot holds \d+/)
          return
        }
        const filled = fillSlot(script, size)
        assert.equal(filled.length, size)
        assert.ok(
          textOf(filled)
            .slice(script.length)
            .split('\n')
            .every((line) => line === '' || line.startsWith('#')),
        )
        const slot = findSlot(efiImage(filled))
        assert.deepEqual([slot?.size, slot?.offset, slot?.script], [size, 0x400, script])
      }),
    )
  })
})

describe('patchEmbed', () => {
  it('changes the script and nothing else, any number of times', () => {
    const image = slotImage()
    const before = Uint8Array.from(image)
    const long = bytes(`#!ipxe\n${'echo line\n'.repeat(300)}`)
    const once = patchEmbed(image, long)
    assert.deepEqual(image, before, 'the image that was given is as it was')
    assert.deepEqual(findSlot(once)?.script, long)
    assert.equal(once.length, image.length)
    assert.deepEqual(once.slice(0, 0x400), image.slice(0, 0x400))
    assert.deepEqual(once.slice(0x400 + 4096), image.slice(0x400 + 4096))
    assert.deepEqual(patchEmbed(once, bytes('#!ipxe\necho first\n')), image)
  })

  it('takes a script that fills the slot to the last byte', () => {
    const { capacity } = findSlot(slotImage())!
    const script = bytes(`#!ipxe\n${'x'.repeat(capacity - 8)}\n`)
    assert.equal(script.length, capacity)
    assert.deepEqual(findSlot(patchEmbed(slotImage(), script))?.script, script)
    const longer = bytes(`#!ipxe\n${'x'.repeat(capacity - 7)}\n`)
    assert.throws(() => patchEmbed(slotImage(), longer), /script has \d+ bytes .* the slot holds \d+/)
  })

  const good = bytes('#!ipxe\nshell\n')
  const filled = fillSlot(good, 1024)
  const nbp = new Uint8Array(1024)
  nbp.set([0xea, 5, 0, 0xc0, 7, 0x32, 0xae, 0x18])
  const refused: [name: string, image: Uint8Array, script: Uint8Array, message: RegExp][] = [
    ['a signed loader', slotImage(4096, { signed: true }), good, /is signed/],
    ['a BIOS loader', nbp, good, /BIOS loader is compressed/],
    ['another file', bytes('hello'), good, /no EFI loader/],
    ['a loader without a slot', efiImage(good), good, /has no slot/],
    ['two slots', efiImage(join(filled, Uint8Array.of(0), filled)), good, /2 begin and 2 end markers/],
    ['a slot without its end', efiImage(filled.slice(0, -4)), good, /1 begin and 0 end/],
    [
      'a slot with a wrong size',
      efiImage(bytes(textOf(filled).replace('00001024', '00001023'))),
      good,
      /begin with #!ipxe/,
    ],
    [
      'a slot with a silly size',
      efiImage(bytes(textOf(filled).replace('00001024', '99999999'))),
      good,
      /size in its marker/,
    ],
    ['a slot that goes on', efiImage(join(filled, bytes('x'))), good, /not followed by the end/],
    ['a NUL', slotImage(), bytes('#!ipxe\necho \0\n'), /holds a NUL/],
    ['a marker', slotImage(), bytes('#!ipxe\necho ipxetool-slot-begin \n'), /ipxetool-slot-/],
    ['no script', slotImage(), bytes('hello\n'), /begin with #!ipxe/],
    ['a last line without an end', slotImage(), bytes('#!ipxe\nshell'), /last line/],
  ]
  for (const [name, image, script, message] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => patchEmbed(image, script), message)
    })
  }

  it('never crashes on a damaged image', () => {
    const image = slotImage(600)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(image.length - 1), fc.nat(255)), { maxLength: 8 }),
        fc.nat(image.length),
        (edits, length) => {
          const damaged = Uint8Array.from(image)
          for (const [at, value] of edits) damaged[at] = value
          try {
            const patched = patchEmbed(damaged.slice(0, length), good)
            assert.deepEqual(findSlot(patched)?.script, good)
          } catch (error) {
            assert.equal((error as Error).name, 'IpxetoolError', String(error))
          }
        },
      ),
    )
  })
})

describe('parsePe', () => {
  it('reads machine, sections and signature', () => {
    assert.deepEqual(parsePe(efiImage(bytes('x'), { signed: true, machine: 0xaa64 })), {
      machine: 0xaa64,
      sections: [{ name: '.data', offset: 0x400, size: 65 }],
      signed: true,
    })
    assert.equal(parsePe(bytes('MZ')), undefined)
  })
})
