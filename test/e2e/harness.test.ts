/** The boot tests' own tools: what they say when a boot goes wrong, and that they leave nothing behind. */
import assert from 'node:assert/strict'
import { existsSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { findCommand } from '../../scripts/system-packages.mjs'
import { Cleanup } from './cleanup.js'
import { makeInitrd } from './initrd.js'
import { needs, whyNotBoot } from './preflight.js'
import { until } from './processes.js'
import { Machine, userNetwork } from './qemu.js'
import { workspace } from './scene.js'

describe('boot test tools', function () {
  this.timeout(60_000)

  it('makes an initrd that cpio reads, with the console device in it', async function () {
    const cpio = findCommand('cpio')
    const busybox = findCommand('busybox')
    needs(this, cpio === undefined || busybox === undefined ? 'no cpio or busybox' : undefined)
    const { stdout } = await execa(cpio!, ['--list', '--verbose', '--quiet'], { input: await makeInitrd() })
    assert.match(stdout, /^crw-------.* 5, +1 .* dev\/console$/mu)
    assert.match(stdout, /^-rwxr-xr-x.* init$/mu)
  })

  describe('with a machine', () => {
    before(async function () {
      needs(this, await whyNotBoot('bios'))
    })

    let cleanup: Cleanup
    beforeEach(() => {
      cleanup = new Cleanup()
    })
    afterEach(async () => {
      await cleanup.close()
    })

    it('says what it waited for, the last screen and what QEMU said, when a guest prints nothing of it', async () => {
      const machine = Machine.start(cleanup, 'bios', userNetwork('none'), workspace(cleanup))
      await machine.waitForScreen('SeaBIOS', 20)
      await assert.rejects(machine.waitForScreen('no guest says this', 0.5), (error: Error) => {
        assert.match(error.message, /^waited up to 0\.5 s for no guest says this on the screen\n/u)
        assert.match(error.message, /\|SeaBIOS /u)
        assert.match(error.message, /\nQEMU's stderr: /u)
        return true
      })
    })

    it('does not wait for a QEMU that has ended', async () => {
      const network = { ...userNetwork('none'), netdevs: ['user,id=net,nonsense=1'] }
      const machine = Machine.start(cleanup, 'bios', network, workspace(cleanup))
      await assert.rejects(
        machine.waitForScreen('SeaBIOS', 30),
        /QEMU's stderr: .*nonsense[^]*QEMU has ended$/u,
      )
    })

    // SIGKILL leaves us no chance to remove the directory, but processes and namespaces must end all the same.
    for (const [how, isTidy] of [
      ['SIGINT', true],
      ['SIGTERM', true],
      ['SIGKILL', false],
      ['fail', true],
    ] as const) {
      it(`leaves no process behind: ${how === 'fail' ? 'uncaught error' : how}`, async () => {
        const script = fileURLToPath(new URL('hold.ts', import.meta.url))
        const args = ['--import', import.meta.resolve('tsx'), script, how]
        const child = execa(process.execPath, args, { stdin: 'ignore', reject: false, timeout: 50_000 })
        let output = ''
        child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()))
        await until(
          () => (output.includes('\n') ? true : undefined),
          40,
          () => `nothing to stop after 40 s: ${output}`,
          () => (child.exitCode === null ? undefined : 'the process has ended'),
        )
        const { pids, directory } = JSON.parse(output) as { pids: number[]; directory: string }
        if (how !== 'fail') child.kill(how)
        await child
        await until(
          () => (pids.some(isAlive) ? undefined : true),
          15,
          () => `still alive: ${pids.filter(isAlive).join(' ')}`,
        )
        assert.equal(existsSync(directory), !isTidy)
        rmSync(directory, { recursive: true, force: true })
      })
    }
  })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
