import assert from 'node:assert/strict'
import { EDIT_ENTRY, ENTRY, FAILURE } from './example.js'
import { watchLinux } from './linux.js'
import { pick } from './menu.js'
import { needs, whyNotBoot } from './preflight.js'
import type { Firmware } from './qemu.js'
import { withScene } from './scene.js'
import type { Scene } from './scene.js'

const CONSOLE = 'console=ttyS0,115200'

describe('a real machine boots the example project', () => {
  describe('BIOS: SeaBIOS and its iPXE option ROM', function () {
    this.timeout(240_000)

    before(async function () {
      needs(this, 'the BIOS boots', await whyNotBoot('bios'))
    })

    it('fetches boot.ipxe by TFTP, shows the menu and starts Linux by HTTP', async () => {
      await withScene('bios', async (scene) => {
        const menu = await waitForMenu(scene)
        await pick(scene.machine, ENTRY)
        const { line, args } = await watchLinux(scene.machine)
        assert.ok(args.includes(CONSOLE), line)
        assert.ok(args.includes(`inst.repo=${scene.repository}/`), line)
        report('bios', ENTRY, line, menu, scene)
      })
    })

    it('is back in the menu with the reason when the kernel is missing, then boots with typed arguments', async () => {
      await withScene('bios', async (scene) => {
        const { machine, mirror } = scene
        const menu = await waitForMenu(scene)
        await mirror.takeKernelAway()
        await pick(machine, ENTRY)
        await machine.waitForScreen(FAILURE, 30)
        const reason = (await machine.look()).rows().find((row) => row.text.includes(FAILURE))!.text
        report('bios', `${ENTRY} (kernel missing)`, reason, menu, scene)

        await machine.keyboard.press('enter')
        await mirror.putKernelBack()
        await pick(machine, EDIT_ENTRY)
        await machine.waitForScreen('panic=-1', 20)
        await machine.keyboard.type(' ipxetool.typed=1')
        await machine.keyboard.press('enter')
        const { line, args } = await watchLinux(machine)
        assert.ok(args.includes(CONSOLE), line)
        assert.ok(args.includes('ipxetool.typed=1'), line)
        report('bios', EDIT_ENTRY, line, menu, scene)
      })
    })
  })

  describe('UEFI: OVMF with its own PXE, and stock ipxe.efi', function () {
    this.timeout(240_000)

    before(async function () {
      needs(this, 'the UEFI boot', await whyNotBoot('uefi'))
    })

    it('fetches ipxe.efi by TFTP, shows the menu and starts Linux by HTTP', async () => {
      await withScene('uefi', async (scene) => {
        const menu = await waitForMenu(scene)
        assert.match(scene.machine.history(), />>Start PXE over IPv4/u)
        await pick(scene.machine, ENTRY)
        const { line, args } = await watchLinux(scene.machine)
        assert.ok(args.includes(CONSOLE), line)
        assert.ok(args.includes(`inst.repo=${scene.repository}/`), line)
        report('uefi', ENTRY, line, menu, scene)
      })
    })
  })
})

async function waitForMenu({ machine, seconds }: Scene): Promise<number> {
  await machine.waitForScreen(ENTRY, 90)
  return seconds()
}

function report(firmware: Firmware, entry: string, seen: string, menu: number, { seconds }: Scene): void {
  const times = `menu after ${menu.toFixed(1)} s, done after ${seconds().toFixed(1)} s`
  process.stdout.write(
    `      ${firmware.toUpperCase()}, entry "${entry}": ${times}; the serial line said:\n        ${seen}\n`,
  )
}
