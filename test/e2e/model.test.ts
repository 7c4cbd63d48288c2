import assert from 'node:assert/strict'
import { watchLinux } from './linux.js'
import { pick } from './menu.js'
import { buildModel, FORM, LEAVE, QUESTION, SUBMENU, UEFI_ONLY } from './model-project.js'
import { needs, whyNotBoot } from './preflight.js'
import { CONSOLE, withScene, type Scene } from './scene.js'

/** QEMU's address for the first card. */
const MAC = '52:54:00:12:34:56'

describe('a real machine boots what the model describes', function () {
  this.timeout(300_000)

  before(async function () {
    needs(this, await whyNotBoot('bios'))
  })

  it('a form asks for a value, and it reaches the kernel; an entry for UEFI is absent on BIOS', async () => {
    await withScene(
      'bios',
      async (scene) => {
        const { machine } = scene
        // the last line of the menu: by then all others are drawn
        await machine.waitForScreen('Edit the kernel arguments first', 60)
        const screen = machine
          .look()
          .rows()
          .map(({ text }) => text)
        assert.ok(
          screen.some((row) => row.includes('CentOS Stream')),
          screen.join('\n'),
        )
        assert.ok(!screen.some((row) => row.includes(UEFI_ONLY)), screen.join('\n'))
        await pick(machine, FORM)
        await machine.waitForScreen(QUESTION, 20)
        await machine.type('-rack7')
        await machine.press('enter')
        const { line, args } = await watchLinux(machine)
        assert.ok(args.includes('ipxetool.host=node1-rack7'), line)
        assert.ok(args.includes(`console=${CONSOLE}`), line)
        report('form value in the kernel command line', line, scene)
      },
      buildModel([]),
    )
  })

  it('an entry of a submenu leaves iPXE, and no menu comes back', async () => {
    await withScene(
      'bios',
      async (scene) => {
        const { machine } = scene
        await machine.waitForScreen('Edit the kernel arguments first', 60)
        await pick(machine, SUBMENU)
        await machine.waitForScreen(LEAVE, 20)
        await pick(machine, LEAVE)
        await machine.waitForScreen('No bootable device', 30)
        report('left from a submenu', 'No bootable device', scene)
      },
      buildModel([]),
    )
  })

  it('a machine that is known by its MAC address starts its entry by itself, with three scripts fetched', async () => {
    await withScene(
      'bios',
      async (scene) => {
        const { line, args } = await watchLinux(scene.machine, 90)
        assert.ok(args.includes('ipxetool.rack=r12'), line)
        const scripts = [...scene.server.log().matchAll(/RRQ (\S+\.ipxe): \d+ bytes/g)].map(
          (match) => match[1],
        )
        assert.deepEqual(scripts, ['boot.ipxe', 'machines/index.ipxe', 'machines/known.ipxe'])
        report(`machine matched by ${MAC}`, line, scene)
      },
      buildModel([
        `{ id: other, match: { mac: '52:54:00:00:00:99' } }`,
        `{ id: known, match: { mac: '${MAC.toUpperCase()}' }, entry: centos, variables: { rack: r12 } }`,
      ]),
    )
  })

  it('a machine that boots once is installed, and then starts from its own disk', async () => {
    await withScene(
      'bios',
      async (scene) => {
        const { args, line } = await watchLinux(scene.machine, 90)
        const done =
          args.find((arg) => arg.startsWith('ipxetool.done='))?.slice('ipxetool.done='.length) ?? ''
        assert.match(done, /^http:\/\/10\.0\.2\.2:\d+\/_\/once\//, line)
        // the installer's last act; its way to the server goes through QEMU
        const answer = await fetch(done.replace('10.0.2.2', '127.0.0.1'), { method: 'POST' })
        assert.equal(answer.status, 200, await answer.text())
        const machine = scene.again()
        await machine.waitForScreen('No bootable device', 90)
        assert.match(machine.history(), /known was installed at .*: it starts from its disk/)
        assert.match(scene.server.log(), /once .*known/)
        report('installed once, then its own disk', 'No bootable device', scene)
      },
      buildModel(
        [`{ id: known, match: { mac: '${MAC}' }, entry: centos, boot: once }`],
        ['servedBy: ipxetool'],
      ),
      { scriptBy: 'http' },
    )
  })
})

function report(what: string, seen: string, { seconds }: Scene): void {
  process.stdout.write(`boot: BIOS, model, ${what}: after ${seconds().toFixed(1)} s: ${seen.trim()}\n`)
}
