/**
 * The script that loaders are shipped with, in the stock iPXE of Debian: as the boot file of an iPXE that has asked
 * DHCP before, which is how an embedded one starts, too.
 */
import assert from 'node:assert/strict'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { asksAPerson, type Chainloader, deadTargets, findsUsualName, followsOption } from './chain-scene.js'
import { REPOSITORY } from './cli.js'
import { needs, whyNotBoot } from './preflight.js'
import type { Firmware } from './qemu.js'

const firmwares: readonly [Firmware, string][] = [
  ['bios', 'SeaBIOS with its iPXE ROM'],
  ['uefi', "OVMF's own PXE and stock ipxe.efi"],
]

describe('embed/chain.ipxe in real iPXE', function () {
  this.timeout(400_000)
  before(async function () {
    needs(this, await whyNotBoot('uefi', { linux: false }))
  })

  for (const [firmware, name] of firmwares) {
    it(`${name}: follows option 224 although the boot file is itself`, () => followsOption(stock(firmware)))
  }

  it('does not follow itself without the option, and finds the usual name', () =>
    findsUsualName(stock('bios')))

  for (const target of deadTargets) {
    it(`says so and asks a person when the option names ${target[0]}`, () =>
      asksAPerson(stock('bios'), target))
  }
})

function stock(firmware: Firmware): Chainloader {
  return {
    name: 'chain.ipxe',
    firmware,
    loader: 'ipxe.efi',
    script: 'chain.ipxe',
    place: async (tree) => {
      const script = await readFile(join(REPOSITORY, 'embed', 'chain.ipxe'), 'utf8')
      await writeFile(join(tree, 'chain.ipxe'), quicker(script))
      if (firmware === 'uefi') await copyFile('/usr/lib/ipxe/ipxe.efi', join(tree, 'ipxe.efi'))
    },
  }
}

/** With fewer and shorter waits. */
function quicker(script: string): string {
  const changed = script
    .replace('set rounds:int32 3', 'set rounds:int32 2')
    .replace('set pause 3', 'set pause 1')
  assert.notEqual(changed, script)
  return changed
}
