/** Real firmware beside a DHCP server that knows nothing of booting: our proxy tells the rest. */
import assert from 'node:assert/strict'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MachineReport } from '../../src/serve/pages/describe.js'
import { Cleanup } from './cleanup.js'
import { startDhcp } from './dnsmasq.js'
import { buildExample, mainMenu } from './example.js'
import { noteCell } from './matrix.js'
import { makeLan, SERVER_ADDRESS, TAP } from './namespace.js'
import { needs, whyNotBoot } from './preflight.js'
import { run } from './processes.js'
import { type Firmware, Machine, tapNetwork } from './qemu.js'
import { CONSOLE, workspace } from './scene.js'
import { type Server, startServer } from './server.js'

/** Above the sum of the waits inside, which say more than mocha when they run out. */
const TEST_TIMEOUT = 300_000
/** Seconds; measured 3 to 20 on two idle cores without KVM. */
const MENU_TIMEOUT = 120

/** No script in them: they ask DHCP what to do. */
const LOADERS = '/usr/lib/ipxe'
const SCRIPT = `http://${SERVER_ADDRESS}/boot.ipxe`

interface Seen {
  readonly machine: Machine
  readonly server: Server
  /** Sockets in the server's network that listen on the port of DHCP servers. */
  readonly listening: () => Promise<string[]>
  /** What the server's API says of the machine, asked on the server's own address. */
  readonly report: () => Promise<MachineReport>
}

const UUID = '00112233-4455-6677-8899-aabbccddeeff'

/** The end of a cable in "server". */
const CARD = 'v1'

const arrangements = {
  other: 'dnsmasq gives addresses, on another machine',
  same: 'dnsmasq gives addresses, on the same machine',
  bench: '`serve --dhcp dnsmasq`, no other DHCP server',
}

interface Case {
  readonly firmware: Firmware
  /** Who gives addresses. Default: dnsmasq on another machine. */
  readonly arrangement?: keyof typeof arrangements
  /** Of `ipxetool serve --proxy-dhcp`. */
  readonly options?: readonly string[]
  /** Of QEMU. */
  readonly machine?: readonly string[]
  /** Files of Debian's package ipxe that are put into the tree. */
  readonly loaders?: readonly string[]
}

/** Boots to the menu. */
async function bootToMenu(
  title: string,
  { firmware, options = [], arrangement = 'other', ...more }: Case,
): Promise<Seen & { close: () => Promise<void> }> {
  const cleanup = new Cleanup()
  let server: Server | undefined
  let machine: Machine | undefined
  try {
    const directory = workspace(cleanup)
    const lan = await makeLan(cleanup)
    const base = `http://${SERVER_ADDRESS}`
    const tree = await buildExample(directory, { base, repo: `${base}/x86_64`, console: CONSOLE })
    for (const name of more.loaders ?? []) copyFileSync(join(LOADERS, name), join(tree, name))
    if (arrangement === 'other') await startDhcp(cleanup, { place: lan.wire, directory })
    else await run('ip', ['addr', 'add', 'fd77::2/64', 'dev', CARD, 'nodad'], lan.server)
    if (arrangement === 'same') await startDhcp(cleanup, { place: lan.server, directory, interface: CARD })
    const answering = arrangement === 'bench' ? ['--dhcp', 'dnsmasq', '--verbose'] : ['--proxy-dhcp']
    server = await startServer(cleanup, {
      tree,
      place: lan.server,
      http: `${SERVER_ADDRESS}:80`,
      tftp: `${SERVER_ADDRESS}:69`,
      more: [...answering, '--interface', CARD, ...options],
    })
    const args = ['-uuid', UUID, ...(more.machine ?? [])]
    machine = await Machine.start(cleanup, firmware, tapNetwork(lan.wire, TAP), directory, args)
    const begin = performance.now()
    await mainMenu(machine, MENU_TIMEOUT)
    noteCell({ firmware: title, arrangement: arrangements[arrangement], ends: 'menu' })
    process.stdout.write(`proxy: ${title}: menu after ${((performance.now() - begin) / 1000).toFixed(1)} s\n`)
    const report = async (): Promise<MachineReport> => {
      const ask = `process.stdout.write(await (await fetch('http://${SERVER_ADDRESS}/_/api/machines')).text())`
      const text = await run(process.execPath, ['--input-type=module', '-e', ask], lan.server)
      const { machines } = JSON.parse(text) as { machines: MachineReport[] }
      assert.equal(machines.length, 1, text)
      return machines[0]!
    }
    const listening = async (): Promise<string[]> =>
      (await run('ss', ['-Hlun', 'sport', '=', ':67'], lan.server)).split('\n').filter(Boolean)
    return { machine, server, report, listening, close: () => cleanup.close() }
  } catch (error) {
    if (error instanceof Error) error.message += `\n${machine?.report()}\n${server?.log()}`
    await cleanup.close()
    throw error
  }
}

describe('proxyDHCP beside a plain DHCP server', function () {
  this.timeout(TEST_TIMEOUT)
  const close: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const one of close.splice(0)) await one()
  })
  const boot = async (title: string, one: Case): Promise<Seen> => {
    const seen = await bootToMenu(title, one)
    close.push(seen.close)
    return seen
  }

  describe('BIOS', () => {
    before(async function () {
      needs(
        this,
        (await whyNotBoot('bios', { linux: false })) ?? (await whyNotBoot('uefi', { linux: false })),
      )
    })

    it("QEMU's iPXE gets the script, and no loader", async () => {
      const { server, report } = await boot('SeaBIOS, iPXE ROM', { firmware: 'bios' })
      assert.match(server.log(), new RegExp(`dhcp DISCOVER on 67: offer ${SCRIPT}: iPXE gets the script`))
      assert.doesNotMatch(server.log(), /tftp RRQ/)
      const { uuid, architecture, state, trouble } = await report()
      assert.deepEqual([uuid, architecture?.code, state, trouble], [UUID, 0, 'script', null])
    })

    it('a bench without a DHCP server: dnsmasq is run for it, and ends with us', async () => {
      const { server, listening } = await boot('SeaBIOS, iPXE ROM', {
        firmware: 'bios',
        arrangement: 'bench',
      })
      assert.match(server.log(), /dnsmasq hands out 10\.77\.0\.\d+ to 10\.77\.0\.\d+ on v1/)
      assert.match(server.log(), /dnsmasq: DHCPACK\(v1\) 10\.77\.0\.\d+ 52:54:00/)
      assert.match(server.log(), new RegExp(`offer ${SCRIPT}: iPXE gets the script`))
      assert.ok((await listening()).length > 1)
      await server.stop()
      assert.deepEqual(await listening(), [])
    })

    it('a DHCP server on the same machine shares its port', async () => {
      const { server } = await boot('SeaBIOS, iPXE ROM', { firmware: 'bios', arrangement: 'same' })
      assert.match(server.log(), /port 67 is shared with the DHCP server on this machine/)
      assert.match(server.log(), new RegExp(`offer ${SCRIPT}: iPXE gets the script`))
    })

    it("--replace-rom: Debian's undionly.kpxe runs once and gets the script", async () => {
      const { server } = await boot('SeaBIOS, iPXE ROM, --replace-rom, undionly.kpxe', {
        firmware: 'bios',
        options: ['--replace-rom'],
        loaders: ['undionly.kpxe'],
      })
      assert.match(server.log(), /offer undionly\.kpxe: iPXE that is not ours/)
      assert.equal(server.log().match(/tftp RRQ undionly\.kpxe: \d+ bytes/g)?.length, 1)
      assert.match(server.log(), new RegExp(`offer ${SCRIPT}`))
    })
  })

  describe('UEFI', () => {
    before(async function () {
      needs(this, await whyNotBoot('uefi', { linux: false }))
    })

    it("OVMF's PXE takes the server from the offer and the file from port 4011", async () => {
      const { server, machine, report } = await boot('OVMF PXE IPv4, binl', {
        firmware: 'uefi',
        loaders: ['ipxe.efi'],
      })
      assert.ok(machine.history().includes('>>Start PXE over IPv4'))
      assert.match(server.log(), /dhcp DISCOVER on 67: offer ipxe\.efi: x64 UEFI/)
      assert.match(server.log(), /dhcp REQUEST on 4011: ack ipxe\.efi: x64 UEFI/)
      assert.match(server.log(), new RegExp(`offer ${SCRIPT}: iPXE gets the script`))
      const { uuid, architecture, state, trouble, boots } = await report()
      assert.deepEqual([uuid, architecture?.code, state, trouble], [UUID, 7, 'script', null])
      assert.equal(boots.length, 1)
      const kinds = boots[0]!.steps.map(({ kind }) => kind).filter((kind, at, all) => kind !== all[at - 1])
      const told = ['discover', 'lease', 'proxy', 'probe', 'loader', 'discover', 'lease', 'script']
      assert.deepEqual(
        kinds.filter((kind) => told.includes(kind)),
        told,
        kinds.join(' '),
      )
    })

    it("a bench without a DHCP server: OVMF's PXE", async () => {
      const { server } = await boot('OVMF PXE IPv4, binl', {
        firmware: 'uefi',
        arrangement: 'bench',
        loaders: ['ipxe.efi'],
      })
      assert.match(server.log(), /dhcp REQUEST on 4011: ack ipxe\.efi: x64 UEFI/)
    })

    it('OVMF HTTP Boot loads ipxe.efi by URL', async () => {
      const { server } = await boot('OVMF HTTP Boot', {
        firmware: 'uefi',
        loaders: ['ipxe.efi'],
        machine: ['IPv4PXESupport', 'IPv6PXESupport'].flatMap((step) => [
          '-fw_cfg',
          `name=opt/org.tianocore/${step},string=n`,
        ]),
      })
      assert.match(server.log(), /offer http:\/\/10\.77\.0\.2\/ipxe\.efi: x64 UEFI HTTP/)
      assert.match(server.log(), /http GET \/ipxe\.efi: 200/)
      assert.doesNotMatch(server.log(), /tftp RRQ ipxe\.efi/)
    })
  })
})
