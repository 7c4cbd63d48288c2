/**
 * The script that loaders are shipped with, in the stock iPXE of Debian: as the boot file of an iPXE that has asked
 * DHCP before, which is how an embedded one starts, too. The DHCP server goes on naming the script itself, so only the
 * option can lead out of the loop.
 */
import assert from 'node:assert/strict'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Cleanup } from './cleanup.js'
import { REPOSITORY } from './cli.js'
import { startDhcp } from './dnsmasq.js'
import { makeLan, SERVER_ADDRESS, TAP } from './namespace.js'
import { needs, whyNotBoot } from './preflight.js'
import { type Firmware, Machine, tapNetwork } from './qemu.js'
import { workspace } from './scene.js'
import { startServer } from './server.js'

const REACHED = 'the real target was reached'
/** The end of the line is waited for, too: a serial line prints letter by letter. */
const LINE = /the real target was reached, known as \S+ now/
const TARGET = `#!ipxe\necho ${REACHED}, known as \${user-class} now\nsleep 600\n`
const firmwares: readonly [Firmware, string][] = [
  ['bios', 'SeaBIOS with its iPXE ROM'],
  ['uefi', "OVMF's own PXE and stock ipxe.efi"],
]

interface Told {
  /** What option 224 says. */
  option?: string
  /** Besides the script: files of the server. */
  files?: Readonly<Record<string, string>>
}

/** Seconds; the longest of the waits inside is the link and DHCP of a card, three times over. */
const PATIENCE = 150

describe('embed/chain.ipxe in real iPXE', function () {
  this.timeout(400_000)

  for (const [firmware, name] of firmwares) {
    describe(name, () => {
      before(async function () {
        needs(this, await whyNotBoot('uefi'))
      })

      it('follows option 224 although the boot file is itself', async () => {
        const option = `http://${SERVER_ADDRESS}/menus/real.ipxe`
        await play(firmware, { option, files: { 'menus/real.ipxe': TARGET } }, async (machine) => {
          await machine.waitForLine(`net0: option 224 says ${option}`, PATIENCE)
          const line = await machine.waitForLine(LINE, 30)
          assert.match(line, /known as iPXE-ipxetool now/)
          assert.equal(count(machine, 'asking for an address'), 1, 'no loop')
          process.stdout.write(`boot: ${firmware}, chain.ipxe, option 224: ${line.trim()}\n`)
        })
      })
    })
  }

  describe('SeaBIOS with its iPXE ROM, when something is wrong', () => {
    before(async function () {
      needs(this, await whyNotBoot('uefi'))
    })

    it('does not follow itself without the option, and finds the usual name', async () => {
      await play('bios', { files: { 'boot.ipxe': TARGET } }, async (machine) => {
        await machine.waitForLine('option 224 did not arrive', PATIENCE)
        await machine.waitForLine('net0: chain.ipxe is this loader again, so it is not followed', 30)
        // first it asks again by the name that servers know iPXE by
        const line = await machine.waitForLine(LINE, 60)
        assert.match(line, /known as iPXE now/)
        assert.equal(count(machine, 'asking for an address'), 2)
        process.stdout.write(`boot: bios, chain.ipxe, no option: ${line.trim()}\n`)
      })
    })

    const wrong: readonly [string, string, RegExp][] = [
      ['a file that is not there', `http://${SERVER_ADDRESS}/gone.ipxe`, /ipxe\.org\/2d0c6/],
      // nothing listens there; the server answers at once that it does not
      ['a server that is down', `http://${SERVER_ADDRESS}:81/boot.ipxe`, /ipxe\.org\//],
    ]
    for (const [what, option, error] of wrong) {
      it(`says so and asks a person when the option names ${what}`, async () => {
        await play('bios', { option }, async (machine) => {
          await machine.waitForLine(`net0: ${option} could not be fetched`, PATIENCE)
          await machine.waitForScreen('Nothing was booted', PATIENCE)
          await machine.waitForScreen(`${option} could not be fetched`, 10)
          assert.match(machine.history(), error)
          // and what that person types is booted
          await machine.keyboard.type('t')
          await machine.waitForLine('URL:', 30)
          // the line holds what has failed: mostly it has a typing error
          await machine.keyboard.press('controlU')
          await machine.keyboard.type(`http://${SERVER_ADDRESS}/typed.ipxe\r`)
          const line = await machine.waitForLine(LINE, 60)
          process.stdout.write(`boot: bios, chain.ipxe, ${what}: typed, ${line.trim()}\n`)
        })
      })
    }
  })
})

async function play(
  firmware: Firmware,
  { option, files = {} }: Told,
  act: (machine: Machine) => Promise<void>,
): Promise<void> {
  const cleanup = new Cleanup()
  let report = (): string => ''
  try {
    const directory = workspace(cleanup)
    const tree = join(directory, 'tree')
    await mkdir(join(tree, 'menus'), { recursive: true })
    const script = await readFile(join(REPOSITORY, 'embed', 'chain.ipxe'), 'utf8')
    await writeFile(join(tree, 'chain.ipxe'), quicker(script))
    await writeFile(join(tree, 'typed.ipxe'), TARGET)
    for (const [path, text] of Object.entries(files)) await writeFile(join(tree, path), text)
    if (firmware === 'uefi') await copyFile('/usr/lib/ipxe/ipxe.efi', join(tree, 'ipxe.efi'))
    const lan = await makeLan(cleanup)
    await startServer(cleanup, {
      tree,
      place: lan.server,
      http: `${SERVER_ADDRESS}:80`,
      tftp: `${SERVER_ADDRESS}:69`,
    })
    const dhcp = await startDhcp(cleanup, {
      place: lan.wire,
      directory,
      nextServer: SERVER_ADDRESS,
      loader: 'ipxe.efi',
      script: 'chain.ipxe',
      ...(option !== undefined && { force: [`224,${option}`] }),
    })
    const machine = await Machine.start(cleanup, firmware, tapNetwork(lan.wire, TAP), directory)
    report = () => `${machine.history()}\n${machine.report()}\n${dhcp.log()}`
    await act(machine)
  } catch (error) {
    process.stderr.write(`\n${report()}\n`)
    throw error
  } finally {
    await cleanup.close()
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

function count(machine: Machine, text: string): number {
  return machine.history().split(text).length - 1
}
