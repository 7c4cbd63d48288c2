/** Real DHCP servers with the configurations that `ipxetool dhcp` prints, asked as firmware and iPXE ask. */
import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findCommand, serverCommand } from '../../scripts/system-packages.mjs'
import { dhcpConfig } from '../../src/dhcp-config/print.js'
import { planDhcp, type DhcpWishes } from '../../src/dhcp-config/plan.js'
import type { DhcpKind } from '../../src/dhcp-config/types.js'
import { type Answer, type Exchange, hex, type Question } from '../support/dhcp-client.js'
import { notRun } from '../support/not-run.js'
import { openwrtLines } from '../support/openwrt.js'
import { Cleanup } from './cleanup.js'
import { buildExample, mainMenu } from './example.js'
import { BRIDGE, makeLan, SERVER_ADDRESS, TAP, WIRE_ADDRESS, whyNoLan } from './namespace.js'
import type { Lan } from './namespace.js'
import { run, start, until } from './processes.js'
import type { Running } from './processes.js'
import { whyNotBoot } from './preflight.js'
import { Machine, tapNetwork } from './qemu.js'
import { CONSOLE, workspace } from './scene.js'
import { startServer } from './server.js'

/** No script in it: it asks DHCP what to do, and would be told to load itself. */
const stockLoader = '/usr/lib/ipxe/ipxe.efi'

const text = (value: string): string => Buffer.from(value).toString('hex')
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)

/** What firmware asks for (EDK2 and Intel's boot ROM agree on the ones that matter here). */
const firmwareAsks = [1, 2, 3, 6, 12, 15, 17, 43, 54, 60, 66, 67, 97, ...range(128, 135)]
/** iPXE's list, which nothing can change (net/udp/dhcp.c, dhcp_request_options_data): 224 is not in it. */
const ipxeAsks = [1, 3, 6, 7, 12, 15, 17, 26, 43, 60, 66, 67, 119, ...range(128, 135), 175, 203]

function client(number: number, type: string, arch: number, more: Record<string, string> = {}): Question {
  return {
    mac: `52:54:00:00:00:${hex([number])}`,
    asks: firmwareAsks,
    options: {
      60: text(`${type}:Arch:${String(arch).padStart(5, '0')}:UNDI:003016`),
      93: hex([arch >> 8, arch & 255]),
      94: '01030a',
      97: `00${'11'.repeat(15)}${hex([number])}`,
      ...more,
    },
  }
}

/** Option 175 as iPXE sends it: a version, and that it knows HTTP and menus. */
const features = 'eb0301150119010127 0101'.replaceAll(' ', '')

const questions = {
  bios: client(1, 'PXEClient', 0),
  x64: client(2, 'PXEClient', 7),
  arm64: client(3, 'PXEClient', 11),
  ipxe: { ...client(4, 'PXEClient', 7, { 77: text('iPXE'), 175: features }), asks: ipxeAsks },
  http: client(5, 'HTTPClient', 16),
  /** A system that runs already. */
  plain: { mac: '52:54:00:00:00:06', asks: firmwareAsks, options: { 60: text('dhcpcd-9.4.1') } },
} satisfies Record<string, Question>
type Who = keyof typeof questions

const script = `http://${SERVER_ADDRESS}/boot.ipxe`
const files: Readonly<Record<Exclude<Who, 'plain'>, string>> = {
  bios: 'undionly.kpxe',
  x64: 'ipxe.efi',
  arm64: 'ipxe-arm64.efi',
  ipxe: script,
  http: `http://${SERVER_ADDRESS}/ipxe.efi`,
}

function config(kind: DhcpKind, more: DhcpWishes = {}, mode: 'full' | 'proxy' = 'full'): string {
  const wishes = {
    server: SERVER_ADDRESS,
    http: `http://${SERVER_ADDRESS}`,
    interface: BRIDGE,
    router: WIRE_ADDRESS,
    ...more,
  }
  return dhcpConfig(planDhcp(kind, { wishes, nameOf: String, entry: 'boot.ipxe', mode }).plan)
}

type Starter = (cleanup: Cleanup, lan: Lan, directory: string, config: string) => Promise<Running>

const startDnsmasq: Starter = async (cleanup, { wire }, directory, config) => {
  const file = join(directory, 'dnsmasq.conf')
  writeFileSync(file, config)
  const args = ['--no-daemon', `--conf-file=${file}`, '--no-ping', '--log-dhcp']
  args.push(
    `--dhcp-leasefile=${join(directory, 'leases')}`,
    `--pid-file=${join(directory, 'pid')}`,
    '--user=root',
  )
  const server = start(cleanup, { name: 'dnsmasq', command: 'dnsmasq', place: wire, args })
  return ready(server, /DHCP, (IP range|proxy)/)
}

const startKea: Starter = async (cleanup, { wire }, directory, config) => {
  const { path, env } = serverCommand('kea-dhcp4')!
  const file = join(directory, 'kea.conf')
  writeFileSync(file, config.replace('"persist": true', '"persist": false'))
  const server = start(cleanup, {
    name: 'kea-dhcp4',
    command: path,
    args: ['-c', file],
    place: wire,
    env: { ...env, KEA_PIDFILE_DIR: directory, KEA_LOCKFILE_DIR: directory },
  })
  return ready(server, /DHCP4_STARTED/)
}

const startIsc: Starter = async (cleanup, { wire }, directory, config) => {
  const { path, env } = serverCommand('dhcpd')!
  const file = join(directory, 'dhcpd.conf')
  writeFileSync(file, config)
  writeFileSync(join(directory, 'leases'), '')
  const args = ['-4', '-d', '-cf', file, '-lf', join(directory, 'leases'), '-pf', join(directory, 'pid')]
  const server = start(cleanup, { name: 'dhcpd', command: path, args: [...args, BRIDGE], place: wire, env })
  return ready(server, /Server starting service/)
}

function ready(server: Running, sign: RegExp): Promise<Running> {
  return until(
    () => (sign.test(server.log()) ? server : undefined),
    15,
    () => `${server.name} was not ready within 15 s:\n${server.log()}`,
    () => (server.hasExited() ? `${server.name} has ended` : undefined),
  )
}

/** Puts one server up on a network of its own and asks it. */
async function answers<W extends Who>(
  begin: Starter,
  config: string,
  who: readonly W[],
  proxy = false,
): Promise<Record<W, Exchange>> {
  const cleanup = new Cleanup()
  let server: Running | undefined
  try {
    const directory = join(workspace(cleanup), 'dhcp')
    mkdirSync(directory)
    const lan = await makeLan(cleanup)
    await run('ip', ['route', 'add', 'default', 'dev', 'v1'], lan.server)
    server = await begin(cleanup, lan, directory, config)
    const asked = who.map((name) => JSON.stringify({ ...questions[name], ...(proxy && { proxy }) }))
    const program = fileURLToPath(new URL('../support/dhcp-client.ts', import.meta.url))
    const output = await run(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), program, ...asked],
      lan.server,
    )
    const exchanges = JSON.parse(output) as Exchange[]
    return Object.fromEntries(who.map((name, index) => [name, exchanges[index]])) as Record<W, Exchange>
  } catch (error) {
    if (server !== undefined && error instanceof Error) error.message += `\n${server.log()}`
    throw error
  } finally {
    await cleanup.close()
  }
}

/** What the machine acts upon: both messages must say the same. */
function agreed({ offer, ack }: Exchange): Answer {
  assert.deepEqual([offer.file, offer.options[224]], [ack.file, ack.options[224]])
  assert.equal(ack.type, 5)
  return ack
}

const everybody = ['bios', 'x64', 'arm64', 'ipxe', 'http', 'plain'] as const

function checkAnswers(told: Record<Who, Exchange>): void {
  for (const who of ['bios', 'x64', 'arm64', 'ipxe', 'http'] as const) {
    const ack = agreed(told[who])
    assert.equal(ack.file, files[who], who)
    assert.match(ack.address, /^10\.77\.0\.1\d\d$/, who)
    if (who !== 'http') assert.equal(ack.nextServer, SERVER_ADDRESS, who)
    assert.equal(ack.options[224], who === 'ipxe' ? script : undefined, who)
  }
  assert.equal(told.http.ack.options[60], 'HTTPClient')
  const { ack: plain } = told.plain
  assert.equal(plain.file, '')
  assert.equal(plain.options[3], String.fromCharCode(10, 77, 0, 1))
}

describe('DHCP servers with what `ipxetool dhcp` prints', function () {
  // above the sum of the waits inside, which say more than mocha when they run out
  this.timeout(400_000)

  before(async function () {
    if (process.platform !== 'linux') notRun(this, 'network namespaces need Linux')
    const reason = await whyNoLan()
    if (reason !== undefined) notRun(this, reason)
  })

  const servers: [DhcpKind, Starter, () => unknown, string][] = [
    ['dnsmasq', startDnsmasq, () => findCommand('dnsmasq'), 'dnsmasq-base'],
    ['kea', startKea, () => serverCommand('kea-dhcp4'), 'kea-dhcp4-server'],
    ['isc', startIsc, () => serverCommand('dhcpd'), 'isc-dhcp-server'],
  ]
  for (const [kind, begin, find, packageName] of servers) {
    describe(kind, () => {
      before(function () {
        if (find() === undefined)
          notRun(this, `missing ${packageName}; run: node scripts/system-packages.mjs --install`)
      })

      it('gives each firmware its loader, iPXE the script, and 224 though it was not asked for', async () => {
        checkAnswers(await answers(begin, config(kind), everybody))
      })

      it('puts the script inside option 175', async () => {
        const { ipxe, bios } = await answers(begin, config(kind, { option: '175.201' }), ['ipxe', 'bios'])
        assert.equal(agreed(ipxe).file, script)
        const length = String.fromCharCode(script.length)
        assert.ok(ipxe.ack.options[175]?.includes(`\u00C9${length}${script}`), ipxe.ack.options[175])
        assert.equal(agreed(bios).file, 'undionly.kpxe')
      })
    })
  }

  describe('dnsmasq, and real firmware', () => {
    before(async function () {
      const reason = await whyNotBoot('uefi')
      if (reason !== undefined) notRun(this, reason)
    })

    // UEFI, because QEMU's only PXE firmware for BIOS is iPXE already
    it("starts Debian's ipxe.efi once and ends in our menu, where it would load itself for ever", async () => {
      const cleanup = new Cleanup()
      let dhcp: Running | undefined
      let machine: Machine | undefined
      try {
        const directory = workspace(cleanup)
        const lan = await makeLan(cleanup)
        const home = `http://${SERVER_ADDRESS}`
        const tree = await buildExample(directory, { base: home, repo: `${home}/x86_64`, console: CONSOLE })
        copyFileSync(stockLoader, join(tree, 'ipxe.efi'))
        const server = await startServer(cleanup, {
          tree,
          place: lan.server,
          http: `${SERVER_ADDRESS}:80`,
          tftp: `${SERVER_ADDRESS}:69`,
        })
        // without a router advertisement every stage of iPXE waits 16 s for one
        const advertise = 'enable-ra\ndhcp-range=fd77::,ra-only,64,1h\n'
        dhcp = await startDnsmasq(cleanup, lan, directory, config('dnsmasq') + advertise)
        machine = Machine.start(cleanup, 'uefi', tapNetwork(lan.wire, TAP), directory)
        await mainMenu(machine, 110)
        const loads = server.log().match(/tftp RRQ ipxe\.efi: \d+ bytes/gu) ?? []
        assert.equal(loads.length, 1, server.log())
        assert.match(server.log(), /http GET \/boot\.ipxe: 200/u)
      } catch (error) {
        if (error instanceof Error) error.message += `\n${machine?.report()}\n${dhcp?.log()}`
        throw error
      } finally {
        await cleanup.close()
      }
    })
  })

  describe('dnsmasq as a proxy, and for routers', () => {
    before(function () {
      if (findCommand('dnsmasq') === undefined) notRun(this, 'missing dnsmasq-base')
    })

    it('a proxy gives no address, each firmware its loader on port 4011, and iPXE the script', async () => {
      const who = ['bios', 'x64', 'arm64', 'ipxe'] as const
      const text = config('dnsmasq', { server: WIRE_ADDRESS, http: `http://${SERVER_ADDRESS}` }, 'proxy')
      const told = await answers(startDnsmasq, text, who, true)
      for (const name of who) {
        assert.equal(told[name].offer.address, '0.0.0.0', name)
        assert.equal(told[name].offer.options[60], 'PXEClient', name)
        assert.equal(told[name].ack.file, files[name], name)
      }
    })

    it('with the lines that OpenWrt makes of the script', async () => {
      const pool = `interface=${BRIDGE}\nbind-dynamic\nport=0\ndhcp-range=10.77.0.100,10.77.0.199,1h\n`
      const lines = await openwrtLines(config('openwrt'))
      checkAnswers(await answers(startDnsmasq, `${pool}${lines.join('\n')}\n`, everybody))
    })

    it('with the lines for OPNsense beside its own', async () => {
      const pool = `interface=${BRIDGE}\nbind-dynamic\nport=0\ndhcp-range=10.77.0.100,10.77.0.199,1h\n`
      checkAnswers(await answers(startDnsmasq, pool + config('opnsense'), everybody))
    })
  })
})
