import assert from 'node:assert/strict'
import { CENTOS, failure, mainMenu, startCentos, startCentosWith } from './example.js'
import { watchLinux } from './linux.js'
import type { Booted } from './linux.js'
import { needs, whyNotBoot } from './preflight.js'
import type { Firmware } from './qemu.js'
import { CONSOLE, withScene } from './scene.js'
import type { Scene } from './scene.js'

/** Above the sum of the waits inside, which say more than mocha when they run out. */
const TEST_TIMEOUT = 400_000

/** Seconds that firmware and its network stages may take; measured 6 and 15 on two idle cores without KVM. */
const MENU_TIMEOUT = { bios: 60, uefi: 120 }

describe('a real machine boots the example project', () => {
  describe('BIOS: SeaBIOS and its iPXE option ROM, boot.ipxe by TFTP', function () {
    this.timeout(TEST_TIMEOUT)

    before(async function () {
      needs(this, await whyNotBoot('bios'))
    })

    it('picks CentOS over serial and starts a kernel', async () => {
      await withScene('bios', async (scene) => {
        const menu = await switchOn(scene, 'bios')
        assert.match(scene.server.log(), /tftp RRQ boot\.ipxe: \d+ bytes/u)
        await startCentos(scene.machine)
        const booted = await watchLinux(scene.machine)
        checkBoot(booted, scene)
        report('bios', CENTOS, booted.line, menu, scene)
      })
    })

    it('is back in the menu with the reason when the kernel is missing, and then boots with typed arguments', async () => {
      await withScene('bios', async (scene) => {
        const { machine, mirror } = scene
        const menu = await switchOn(scene, 'bios')
        await mirror.takeKernelAway()
        await startCentos(machine)
        const reason = await failure(machine, 30)
        assert.ok(reason.includes(`From ${scene.repository}/images/pxeboot/vmlinuz`), reason)
        // "No such file or directory" of net/tcp/httpcore.c, as the last line of the three says by its number
        assert.match(reason, /Failed: the kernel of CentOS Stream;.*; Error 2d0c6\w{3}, .*ipxe\.org\/2d0c6/)
        report('bios', `${CENTOS}, kernel missing`, reason, menu, scene)

        await mirror.putKernelBack()
        await startCentosWith(machine, ' ipxetool.typed=1')
        const booted = await watchLinux(machine)
        checkBoot(booted, scene)
        assert.ok(booted.args.includes('ipxetool.typed=1'), booted.line)
        report('bios', `${CENTOS}, arguments edited`, booted.line, menu, scene)
      })
    })
  })

  describe("UEFI: OVMF's own PXE, stock ipxe.efi by TFTP", function () {
    this.timeout(TEST_TIMEOUT)

    before(async function () {
      needs(this, await whyNotBoot('uefi'))
    })

    it('picks CentOS over serial and starts a kernel', async () => {
      await withScene('uefi', async (scene) => {
        const menu = await switchOn(scene, 'uefi')
        const isEdk2 = scene.machine.history().includes('>>Start PXE over IPv4')
        assert.ok(isEdk2, 'EDK2 never said ">>Start PXE over IPv4": another boot ROM has run')
        assert.match(scene.server.log(), /tftp RRQ ipxe\.efi: \d+ bytes/u)
        await startCentos(scene.machine)
        const booted = await watchLinux(scene.machine)
        checkBoot(booted, scene)
        report('uefi', CENTOS, booted.line, menu, scene)
      })
    })
  })
})

/** Waits for the main menu; returns the seconds it took. */
async function switchOn(scene: Scene, firmware: Firmware): Promise<number> {
  await mainMenu(scene.machine, MENU_TIMEOUT[firmware])
  return scene.seconds()
}

function checkBoot({ line, args }: Booted, { repository, server }: Scene): void {
  assert.ok(args.includes(`console=${CONSOLE}`), line)
  assert.ok(args.includes(`inst.repo=${repository}/`), line)
  assert.match(server.log(), /http GET \S*\/images\/pxeboot\/vmlinuz: 200/u)
}

/** One line that begins with `boot: `, so that `npm test` can show it. */
function report(firmware: Firmware, entry: string, seen: string, menu: number, { seconds }: Scene): void {
  const times = `menu after ${menu.toFixed(1)} s, this after ${seconds().toFixed(1)} s`
  process.stdout.write(`boot: ${firmware.toUpperCase()}, "${entry}": ${times}: ${seen.trim()}\n`)
}
