import assert from 'node:assert/strict'
import { keySequence } from '../../src/boot/keys.js'
import { findNeeds } from '../../src/boot/needs.js'
import {
  loaderPath,
  type MachinePlan,
  qemuArguments,
  sharedNetwork,
  userNetwork,
} from '../../src/boot/plan.js'
import { isIpxetoolError } from '../../src/diagnostics/error.js'

const machine: MachinePlan = {
  firmware: 'bios',
  arch: 'x86_64',
  accelerator: 'tcg',
  memory: 512,
  display: 'none',
  folder: '/tmp/x',
  code: '/code.fd',
  netdevs: userNetwork('http://10.0.2.2:1234/boot.ipxe'),
  starts: { from: 'network' },
}
const planned = (more: Partial<MachinePlan>) => qemuArguments({ ...machine, ...more }).join(' ')

describe('the plan of a boot', () => {
  it('gives a BIOS machine the ROM, its script and a serial console', () => {
    const args = planned({})
    assert.match(args, /user,id=net,bootfile=http:\/\/10.0.2.2:1234\/boot.ipxe/)
    assert.match(args, /q35,accel=tcg,graphics=off/)
    assert.match(args, /-device virtio-net-pci,netdev=net,bootindex=1/)
    assert.doesNotMatch(args, /pflash|-kernel|qmp/)
  })

  it('starts a compiled loader directly, and a UEFI one from a disk', () => {
    assert.match(
      planned({ starts: { from: 'kernel', file: '/o/ipxe.lkrn' } }),
      /romfile= -kernel \/o\/ipxe.lkrn/,
    )
    const disk = { firmware: 'uefi', starts: { from: 'folder', folder: '/tmp/x/loader' } } as const
    assert.match(
      planned(disk),
      /pflash.*readonly=on,file=\/code.fd.*file=\/tmp\/x\/vars.fd.*romfile= .*file=fat:\/tmp\/x\/loader/,
    )
    assert.match(planned({ ...disk, arch: 'arm64' }), /virt,accel=tcg,gic-version=2 -cpu cortex-a57/)
    assert.match(planned({ ...disk, arch: 'i386' }), /smm=on.*secure,value=on/)
    assert.equal(loaderPath('arm64'), 'EFI/BOOT/BOOTAA64.EFI')
  })

  it('leaves HTTP Boot alone to the firmware, and has a wire to the proxy', () => {
    const args = planned({ firmware: 'uefi', starts: { from: 'http' }, netdevs: sharedNetwork(77, '/l') })
    assert.match(args, /IPv4PXESupport,string=n.*IPv6PXESupport,string=n/)
    assert.match(args, /romfile=,bootindex=1/)
    assert.match(args, /socket,id=wire,connect=127.0.0.1:77 .*hubport,id=net,hubid=0/)
  })

  it('has a disk, and a screen when one is wished for', () => {
    assert.match(planned({ disk: '/d,1.qcow2' }), /format=qcow2,file=\/d,,1.qcow2/)
    assert.match(planned({ display: 'hidden' }), /-display none -vga std.*etc\/sercon-port/)
    assert.doesNotMatch(planned({ display: 'window' }), /-display/)
  })

  it('says which packages are missing', () => {
    assert.throws(
      () => findNeeds({ firmware: 'uefi', arch: 'x86_64', loader: '/x.efi' }, '/nowhere'),
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
