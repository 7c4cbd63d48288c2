/**
 * Loaders that `ipxetool compile` makes of real iPXE, with the shipped script in them. The DHCP server names the loader
 * as the boot file to everybody, to firmware and to iPXE, so only option 224 leads out.
 *
 * IPXETOOL_IPXE_SOURCE names a source of iPXE. A first compile takes minutes; what is in the cache of this user
 * (XDG_CACHE_HOME) is used.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspectLoader } from '../../src/loader/inspect.js'
import { notRun } from '../support/not-run.js'
import { Cleanup } from './cleanup.js'
import { cliArguments } from './cli.js'
import { startDhcp } from './dnsmasq.js'
import { makeLan, SERVER_ADDRESS, TAP } from './namespace.js'
import { needs, whyNotBoot } from './preflight.js'
import { type Firmware, Machine, tapNetwork } from './qemu.js'
import { workspace } from './scene.js'
import { startServer } from './server.js'

const source = process.env['IPXETOOL_IPXE_SOURCE']
const REACHED = 'the real target was reached'
/** The end of the line is waited for, too: a serial line prints letter by letter. */
const LINE = /the real target was reached, known as \S+ now/
const TARGET = `#!ipxe\necho ${REACHED}, known as \${user-class} now\nsleep 600\n`
/** Seconds; the longest of the waits inside is the link and DHCP of a card, three times over. */
const PATIENCE = 150

const loaders: readonly [string, Firmware][] = [
  ['undionly.kpxe', 'bios'],
  ['ipxe.efi', 'uefi'],
  ['snponly.efi', 'uefi'],
]

describe('ipxetool compile of real iPXE', function () {
  this.timeout(400_000)
  const made = new Cleanup()
  let out: string

  before(async function () {
    this.timeout(3_600_000)
    if (source === undefined || source === '')
      notRun(this, 'IPXETOOL_IPXE_SOURCE names no source of iPXE', { allowedInCi: true })
    needs(this, await whyNotBoot('uefi', { linux: false }))
    out = join(workspace(made), 'out')
    const engine = process.env['IPXETOOL_COMPILE_ENGINE'] ?? 'native'
    const start = performance.now()
    const targets = loaders.map(([name]) => name).join(',')
    const said = await compile(['--embed', '--source', source, '--engine', engine, '--target', targets])
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    process.stdout.write(`compile: ${targets} in ${seconds} s\n${said}`)
  })
  after(() => made.close())

  for (const [name, firmware] of loaders) {
    it(`${name} boots what option 224 says, although the boot file is itself`, async () => {
      const option = `http://${SERVER_ADDRESS}/menus/real.ipxe`
      const start = performance.now()
      await play(firmware, name, async (machine) => {
        await machine.waitForLine(`net0: option 224 says ${option}`, PATIENCE)
        const line = await machine.waitForLine(LINE, 30)
        assert.match(line, /known as iPXE-ipxetool now/)
        assert.equal(machine.history().split('asking for an address').length - 1, 1, 'no loop')
        const seconds = ((performance.now() - start) / 1000).toFixed(1)
        process.stdout.write(`boot: ${firmware}, ${name}, option 224: ${line.trim()}, ${seconds} s\n`)
      })
    })
  }

  it('says what is in a loader that it has made', async () => {
    const { kind, ipxe, embedded, buildName } = inspectLoader(await readFile(join(out, 'ipxe.efi')))
    assert.deepEqual({ kind, ipxe, buildName }, { kind: 'efi', ipxe: true, buildName: 'ipxe.efi' })
    assert.match(Buffer.from(embedded?.bytes ?? []).toString(), /^#!ipxe\n[^]*set option-0 224\n/)
  })

  async function compile(args: readonly string[]): Promise<string> {
    const child = spawn(
      process.execPath,
      cliArguments(['compile', '--no-color', '--out', out, ...args]),
      // no project of whoever runs this
      { cwd: join(out, '..'), stdio: ['ignore', 'pipe', 'pipe'] },
    )
    const said: Record<'stdout' | 'stderr', string> = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()))
    const code = await new Promise((done) => child.once('close', done))
    assert.equal(code, 0, said.stderr)
    return said.stdout
  }

  async function play(
    firmware: Firmware,
    loader: string,
    act: (machine: Machine) => Promise<void>,
  ): Promise<void> {
    const cleanup = new Cleanup()
    let report = (): string => ''
    try {
      const directory = workspace(cleanup)
      const tree = join(directory, 'tree')
      await mkdir(join(tree, 'menus'), { recursive: true })
      await copyFile(join(out, loader), join(tree, loader))
      await writeFile(join(tree, 'menus', 'real.ipxe'), TARGET)
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
        script: loader,
        force: [`224,http://${SERVER_ADDRESS}/menus/real.ipxe`],
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
})
