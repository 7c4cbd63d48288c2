/**
 * Networks whose DHCP server names the loader, or its script, as the boot file to everybody, so that only option 224
 * leads out of the loop; and what embed/chain.ipxe has to do in them.
 */
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Cleanup } from './cleanup.js'
import { startDhcp } from './dnsmasq.js'
import { makeLan, SERVER_ADDRESS, TAP } from './namespace.js'
import { type Firmware, Machine, tapNetwork } from './qemu.js'
import { workspace } from './scene.js'
import { startServer } from './server.js'

/** What runs the script. */
export interface Chainloader {
  /** For the report of the boots: `chain.ipxe`, `ipxe.efi`. */
  readonly name: string
  readonly firmware: Firmware
  /** Boot file for firmware, and for iPXE: in the tree after `place`. */
  readonly loader: string
  readonly script: string
  /** Puts both into the server's tree. */
  readonly place: (tree: string) => Promise<void>
}

const REACHED = 'the real target was reached'
/** The end of the line is waited for, too: a serial line prints letter by letter. */
const LINE = /the real target was reached, known as \S+ now/
const TARGET = `#!ipxe\necho ${REACHED}, known as \${user-class} now\nsleep 600\n`

/** Seconds; the longest of the waits inside is the link and DHCP of a card, three times over. */
const PATIENCE = 200

/** The option is right: it is followed at once, whatever the boot file is. */
export async function followsOption(chainloader: Chainloader): Promise<void> {
  const option = `http://${SERVER_ADDRESS}/menus/real.ipxe`
  await play(chainloader, { option, files: { 'menus/real.ipxe': TARGET } }, async (machine, tell) => {
    await machine.waitForLine(`net0: option 224 says ${option}`, PATIENCE)
    const line = await machine.waitForLine(LINE, 30)
    assert.match(line, /known as iPXE-ipxetool now/)
    assert.equal(count(machine, 'asking for an address'), 1, 'no loop')
    tell(`option 224: ${line.trim()}`)
  })
}

/** There is no option: the boot file, which is itself, is left alone; the usual name on the next server is found. */
export async function findsUsualName(chainloader: Chainloader): Promise<void> {
  await play(chainloader, { files: { 'boot.ipxe': TARGET } }, async (machine, tell) => {
    await machine.waitForLine('option 224 did not arrive', PATIENCE)
    await machine.waitForLine(`net0: ${chainloader.script} is this loader again, so it is not followed`, 30)
    // first it asks again by the name that servers know iPXE by
    const line = await machine.waitForLine(LINE, 90)
    assert.match(line, /known as iPXE now/)
    assert.equal(count(machine, 'asking for an address'), 2)
    tell(`no option: ${line.trim()}`)
  })
}

/** What the option may name in vain, and the error that iPXE has for it. */
export const deadTargets: readonly (readonly [what: string, url: string, error: RegExp])[] = [
  ['a file that is not there', `http://${SERVER_ADDRESS}/gone.ipxe`, /ipxe\.org\/2d0c6/],
  // nothing listens there; the server answers at once that it does not
  ['a server that is down', `http://${SERVER_ADDRESS}:81/boot.ipxe`, /ipxe\.org\//],
  // no machine has this address
  [
    'an address where nobody answers',
    `http://${SERVER_ADDRESS.replace(/\d+$/, '99')}/boot.ipxe`,
    /ipxe\.org\//,
  ],
  ['what is no URL', 'lunch at noon', /ipxe\.org\//],
]

/** The option names nothing that can be had: it is said, and what a person types is booted. */
export async function asksAPerson(
  chainloader: Chainloader,
  [what, option, error]: (typeof deadTargets)[number],
): Promise<void> {
  await play(chainloader, { option, files: { 'typed.ipxe': TARGET } }, async (machine, tell) => {
    await machine.waitForLine(`net0: ${option} could not be fetched`, PATIENCE)
    await machine.waitForScreen('Nothing was booted', PATIENCE)
    await machine.waitForScreen(`${option} could not be fetched`, 10)
    assert.match(machine.history(), error)
    await machine.type('t')
    await machine.waitForLine('URL:', 30)
    // the line holds what has failed: mostly it has a typing error
    await machine.press('ctrl-u')
    await machine.type(`http://${SERVER_ADDRESS}/typed.ipxe\r`)
    const line = await machine.waitForLine(LINE, 60)
    tell(`${what}: typed, ${line.trim()}`)
  })
}

interface Told {
  /** What option 224 says. */
  option?: string
  /** Scripts of the server. */
  files: Readonly<Record<string, string>>
}

async function play(
  { name, firmware, loader, script, place }: Chainloader,
  { option, files }: Told,
  act: (machine: Machine, tell: (what: string) => void) => Promise<void>,
): Promise<void> {
  const cleanup = new Cleanup()
  let report = (): string => ''
  try {
    const directory = workspace(cleanup)
    const tree = join(directory, 'tree')
    await mkdir(join(tree, 'menus'), { recursive: true })
    for (const [path, text] of Object.entries(files)) await writeFile(join(tree, path), text)
    await place(tree)
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
      loader,
      script,
      ...(option !== undefined && { force: [`224,${option}`] }),
    })
    const start = performance.now()
    const machine = Machine.start(cleanup, firmware, tapNetwork(lan.wire, TAP), directory)
    report = () => `${machine.history()}\n${machine.report()}\n${dhcp.log()}`
    await act(machine, (what) => {
      const seconds = ((performance.now() - start) / 1000).toFixed(1)
      process.stdout.write(`boot: ${firmware}, ${name}, ${what}, ${seconds} s\n`)
    })
  } catch (error) {
    process.stderr.write(`\n${report()}\n`)
    throw error
  } finally {
    await cleanup.close()
  }
}

function count(machine: Machine, text: string): number {
  return machine.history().split(text).length - 1
}
