import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { inspectLoader } from '../../src/loader/inspect.js'
import { notRun } from '../support/not-run.js'
import { bytes, efiImage, slotImage, textOf } from './support.js'

describe('inspectLoader', () => {
  it('reads an EFI loader', () => {
    const content = bytes(
      '\0HTTP\0iSCSI\0EFI\0sbat,1\nipxe,1,iPXE,snponly.efi,2.0.0+ (g0ab22),https://ipxe.org\n\0#!ipxe\0#!ipxe\necho a\n\0',
    )
    const info = inspectLoader(efiImage(content, { machine: 0xaa64 }))
    assert.equal(info.kind, 'efi')
    assert.equal(info.ipxe, true)
    assert.equal(info.platform, 'efi')
    assert.equal(info.architecture, 'arm64')
    assert.equal(info.version, '2.0.0+ (g0ab22)')
    assert.equal(info.buildName, 'snponly.efi')
    assert.deepEqual(info.features, ['HTTP', 'iSCSI', 'EFI'])
    assert.equal(textOf(info.embedded!.bytes), '#!ipxe\necho a\n')
    assert.equal(info.embedded!.capacity, undefined)
    assert.equal(info.signed, false)
  })

  it('knows a BIOS disk by what the code in front of it says', () => {
    const disk = new Uint8Array(1024)
    disk.set([0x55, 0xaa], 510)
    disk.set(bytes('Could not load iPXE\r\n'), 600)
    const { kind, ipxe, platform, notes } = inspectLoader(disk)
    assert.deepEqual([kind, ipxe, platform], ['disk', true, 'pcbios'])
    assert.match(notes.join(), /compressed/)
  })

  it('knows shim, and that it is signed', () => {
    const { ipxe, notes } = inspectLoader(
      efiImage(bytes('sbat,1\nshim,4,UEFI shim,shim,1,https://github.com/rhboot/shim\n')),
    )
    assert.equal(ipxe, false)
    assert.match(notes.join(), /^It is shim, which starts/)
  })

  it('reads the script in a slot', () => {
    const image = slotImage(4096, { signed: true })
    const ipxe = bytes('\0ipxe.efi\0')
    image.set(ipxe, image.length - ipxe.length)
    const info = inspectLoader(image)
    assert.equal(textOf(info.embedded!.bytes), '#!ipxe\necho first\n')
    assert.equal(info.embedded!.capacity, 4045)
    assert.equal(info.signed, true)
  })

  it('reads a BIOS loader as far as it can be read', () => {
    const nbp = new Uint8Array(1024)
    nbp.set([0xea, 8, 0, 0xc0, 7, 0x64, 0xae, 0x18])
    const info = inspectLoader(nbp)
    assert.deepEqual(
      [info.kind, info.ipxe, info.platform, info.architecture],
      ['nbp', true, 'pcbios', 'x86_64'],
    )
    assert.match(info.notes.join(), /compressed/)
  })

  it('says of other files that they are none', () => {
    for (const other of [bytes(''), bytes('hello'), readFileSync(process.execPath).subarray(0, 100_000)]) {
      const info = inspectLoader(other)
      assert.deepEqual([info.kind, info.ipxe, info.version], ['unknown', false, undefined])
    }
  })

  it('never throws', () => {
    const openings = ['', 'MZ', '\u00ea\u0005\0\u00c0\u0007', 'U\u00aa', '#!ipxe\n', '\0ipxe.efi\0'].map(
      (text) => Uint8Array.from(text, (character) => character.charCodeAt(0)),
    )
    fc.assert(
      fc.property(fc.constantFrom(...openings), fc.uint8Array({ maxLength: 2000 }), (opening, rest) => {
        const info = inspectLoader(Uint8Array.from([...opening, ...rest]))
        assert.equal(info.size, opening.length + rest.length)
      }),
    )
    const image = slotImage(600)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(0x200), fc.nat(255)), { maxLength: 8 }),
        fc.nat(image.length),
        (edits, length) => {
          const damaged = Uint8Array.from(image)
          for (const [at, value] of edits) damaged[at] = value
          inspectLoader(damaged.slice(0, length))
        },
      ),
    )
  })

  describe('of Debian’s packages', () => {
    const stock: [file: string, kind: string, platform: string | undefined, name: string | undefined][] = [
      ['ipxe.efi', 'efi', 'efi', 'ipxe.efi'],
      ['snponly.efi', 'efi', 'efi', 'snponly.efi'],
      ['undionly.kpxe', 'nbp', 'pcbios', undefined],
      ['ipxe.pxe', 'nbp', 'pcbios', undefined],
      ['ipxe.lkrn', 'lkrn', 'pcbios', undefined],
      ['ipxe.iso', 'iso', undefined, 'ipxe.efi'],
      ['qemu/efi-virtio.rom', 'rom', undefined, 'virtio-net.efidrv'],
      ['qemu/pxe-e1000.rom', 'rom', 'pcbios', undefined],
    ]
    for (const [file, kind, platform, name] of stock) {
      it(`knows ${file}`, function () {
        const path = `/usr/lib/ipxe/${file}`
        if (!existsSync(path)) notRun(this, `${path} is not there (Debian packages ipxe and ipxe-qemu)`)
        const info = inspectLoader(readFileSync(path))
        assert.deepEqual([info.kind, info.ipxe, info.platform], [kind, true, platform])
        // newer packages may name or pack them in another way
        if (info.version?.startsWith('1.0.0')) assert.equal(info.buildName, name)
        if (kind === 'efi') {
          assert.equal(info.architecture, 'x86_64')
          assert.match(info.version ?? '', /^\d+\.\d+\.\d+/)
          assert.ok(info.features.includes('HTTP') && info.features.includes('EFI'))
          assert.equal(info.embedded, undefined)
        }
      })
    }
  })
})
