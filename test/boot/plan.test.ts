import assert from 'node:assert/strict'
import { keySequence } from '../../src/boot/keys.js'
import { findNeeds } from '../../src/boot/needs.js'
import { loaderPath, qemuArguments } from '../../src/boot/plan.js'
import { SerialScreen } from '../../src/boot/screen.js'
import type { BootWish } from '../../src/boot/types.js'
import { isIpxetoolError } from '../../src/diagnostics/error.js'

const wish: BootWish = {
  firmware: 'bios',
  arch: 'x86_64',
  loader: 'stock',
  memory: 512,
  script: 'boot.ipxe',
  display: 'none',
}
const places = { folder: '/tmp/x', httpPort: 1234, accelerator: 'tcg' } as const
const planned = (more: Partial<BootWish>) =>
  qemuArguments({ ...wish, ...more }, { qemu: 'q', code: '/code.fd' }, places).join(' ')

describe('the plan of a boot', () => {
  it('gives a BIOS machine the ROM, its script and a serial console', () => {
    const args = planned({})
    assert.match(args, /user,id=net,bootfile=http:\/\/10.0.2.2:1234\/boot.ipxe/)
    assert.match(args, /q35,accel=tcg,graphics=off/)
    assert.match(args, /-device virtio-net-pci,netdev=net,bootindex=1/)
    assert.doesNotMatch(args, /pflash|-kernel/)
  })

  it('starts a compiled loader directly, and a UEFI one from a disk', () => {
    assert.match(planned({ loader: '/o/ipxe.lkrn' }), /romfile= -kernel \/o\/ipxe.lkrn/)
    const uefi = planned({ firmware: 'uefi', loader: '/o/ipxe.efi' })
    assert.match(
      uefi,
      /pflash.*readonly=on,file=\/code.fd.*file=\/tmp\/x\/vars.fd.*romfile=.*file=fat:\/tmp\/x\/loader/,
    )
    assert.match(planned({ firmware: 'uefi', arch: 'arm64' }), /virt,accel=tcg,gic-version=2 -cpu cortex-a57/)
    assert.equal(loaderPath('arm64'), 'EFI/BOOT/BOOTAA64.EFI')
  })

  it('has a disk, and a screen when one is wished for', () => {
    assert.match(planned({ disk: '/d,1.qcow2' }), /format=qcow2,file=\/d,,1.qcow2/)
    assert.match(planned({ display: 'hidden' }), /-display none -vga std.*etc\/sercon-port/)
    assert.doesNotMatch(planned({ display: 'window' }), /-display/)
  })

  it('says which packages are missing', () => {
    assert.throws(
      () => findNeeds({ ...wish, firmware: 'uefi', loader: '/x.efi' }, '/nowhere'),
      (error) =>
        isIpxetoolError(error) &&
        /no qemu-system-x86_64/.test(error.message) &&
        /qemu-system-x86/.test(error.hint!),
    )
  })

  it('reads keys', () => {
    assert.deepEqual(keySequence('down Enter ab ctrl-c space'), ['\x1b[B', '\r', 'a', 'b', '\x03', ' '])
  })
})

describe('the screen of a serial line', () => {
  const shown = (...parts: string[]) => {
    const screen = new SerialScreen()
    for (const part of parts) screen.write(part)
    return screen
  }

  it('shows what is written where', () => {
    assert.equal(shown('a\x1b[3;5Hb\x1b[Hc').text().trimEnd(), 'c\n\n    b')
    assert.equal(shown('abc\x1b[2J\x1b[1;1Hd').text().trimEnd(), 'd')
    assert.equal(shown('abcdef\x1b[1;3H\x1b[Kx').text().trimEnd(), 'abx')
    assert.equal(shown('ab\rc\n\rd\be').text().trimEnd(), 'cb\ne')
  })

  it('takes sequences in pieces, and wraps', () => {
    assert.equal(shown('a\x1b', '[2', ';1Hb').text().trimEnd(), 'a\nb')
    const wide = shown('x'.repeat(78) + 'needle')
    assert.ok(wide.has('needle'))
    assert.equal(wide.text().split('\n')[1], 'edle')
  })

  it('remembers lines that have gone', () => {
    const screen = shown(...Array.from({ length: 40 }, (_, index) => `line ${index} end\r\n`))
    assert.ok(screen.has('line 3 end'))
    assert.ok(!screen.text().includes('line 3 end'))
    assert.ok(!screen.has('line 41'))
  })
})
