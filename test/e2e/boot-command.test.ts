/** `ipxetool boot`, as people call it: the example's menu on both firmwares. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ranCli } from '../support/cli.js'
import { Cleanup } from './cleanup.js'
import { needs, whyNotBoot } from './preflight.js'
import { workspace } from './scene.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const env = { PATH: process.env['PATH'] }

describe('ipxetool boot', function () {
  this.timeout(300_000)
  const cleanup = new Cleanup()
  let tree: string

  before(async () => {
    tree = join(workspace(cleanup), 'out')
    const { code, stderr } = await ranCli(['build', '--project', 'menus/example', '--out', tree], {
      cwd: root,
    })
    assert.equal(code, 0, stderr)
  })
  after(async () => {
    await cleanup.close()
  })

  const boot = (...args: string[]) => ranCli(['boot', tree, '--accel', 'tcg', ...args], { cwd: root, env })

  const loading = (first: string) => ['--expect', first, '--expect', 'Example lab']

  it('boots into the menu with a BIOS, presses a key, and takes a picture', async function () {
    needs(this, await whyNotBoot('bios', { linux: false }))
    const picture = join(tree, '..', 'menu.png')
    const steps = ['--expect', 'Example lab', '--keys', 'c', '--expect', 'Start the installer']
    const { code, stdout, stderr } = await boot(...steps, '--screenshot', picture, '--json')
    assert.equal(code, 0, stdout + stderr)
    const report = JSON.parse(stdout) as { ended: string; steps: { seconds: number }[]; screen: string }
    assert.equal(report.ended, 'done')
    assert.match(report.screen, /CentOS Stream: text install/)
    assert.ok(existsSync(picture))
    assert.equal(readFileSync(picture).toString('latin1', 1, 4), 'PNG')
  })

  it('boots into the menu with UEFI', async function () {
    needs(this, await whyNotBoot('uefi', { linux: false }))
    const { code, stdout, stderr } = await boot('--firmware', 'uefi', '--expect', 'Example lab', '--json')
    assert.equal(code, 0, stdout + stderr)
  })

  it("boots into the menu with the firmware's HTTP Boot", async function () {
    needs(this, await whyNotBoot('uefi', { linux: false }))
    const { code, stdout, stderr } = await boot(
      '--firmware',
      'uefi-http',
      ...loading('Start HTTP Boot'),
      '--json',
    )
    assert.equal(code, 0, stdout + stderr)
  })

  it("loads undionly.kpxe by the card's ROM, once", async function () {
    needs(this, (await whyNotBoot('bios', { linux: false })) ?? (await whyNotBoot('uefi', { linux: false })))
    const loader = ['--loader', '/usr/lib/ipxe/undionly.kpxe']
    const { code, stdout, stderr } = await boot(...loading('undionly.kpxe'), ...loader, '--json')
    assert.equal(code, 0, stdout + stderr)
  })

  it('says what did not come, with the screen', async function () {
    needs(this, await whyNotBoot('bios', { linux: false }))
    const { code, stderr } = await boot('--expect', 'no such text', '--timeout', '8', '--quiet')
    assert.equal(code, 1)
    assert.match(stderr, /it did not come in time: "no such text"; the screen:/)
  })

  it('refuses calls that make no sense', async () => {
    for (const args of [
      ['--keys', 'a'],
      ['--screenshot', 'x.png'],
      ['--arch', 'arm64'],
      ['--timeout', 'x', '--expect', 'y'],
      ['--loader', 'nosuch'],
      ['--loader', '/usr/lib/ipxe/ipxe.efi'],
    ]) {
      assert.equal((await boot(...args)).code, 2, args.join(' '))
    }
  })
})
