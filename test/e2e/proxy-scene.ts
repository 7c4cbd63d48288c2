/** A machine with real firmware, our proxy, and who gives addresses: in one of several arrangements. */
import assert from 'node:assert/strict'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MachineReport } from '../../src/serve/pages/describe.js'
import { Cleanup } from './cleanup.js'
import { startDhcp } from './dnsmasq.js'
import { buildExample, mainMenu } from './example.js'
import { noteCell } from './matrix.js'
import { keepRecording, writesRecordings } from './recordings.js'
import { makeLan, SERVER_ADDRESS, TAP } from './namespace.js'
import { run, until } from './processes.js'
import { type AnyFirmware, Machine, tapNetwork } from './qemu.js'
import { startRelay } from './relay.js'
import { CONSOLE, workspace } from './scene.js'
import { type Server, startServer } from './server.js'

/** Seconds; measured 3 to 30 on two idle cores without KVM. */
export const MENU_TIMEOUT = 120

/** No script in them: they ask DHCP what to do. */
const LOADERS = '/usr/lib/ipxe'

export const UUID = '00112233-4455-6677-8899-aabbccddeeff'

const SERVER_ADDRESS_6 = 'fd77::2'

/** The end of a cable in "server". */
const CARD = 'v1'

const arrangements = {
  other: 'dnsmasq gives addresses, on another machine',
  same: 'dnsmasq gives addresses, on the same machine',
  bench: '`serve --dhcp dnsmasq`, no other DHCP server',
  ipv6: 'dnsmasq on another machine names our files in DHCPv6',
  relay: 'a relay asks a dnsmasq, which gives addresses, and us',
}

export interface Seen {
  readonly machine: Machine
  readonly server: Server
  readonly tree: string
  /** Sockets in the server's network that listen on the port of DHCP servers. */
  readonly listening: () => Promise<string[]>
  /** What the server's API says of the machine, asked on the server's own address; undefined: it knows of none. */
  readonly report: () => Promise<MachineReport>
  /** Waits for the API to say so. */
  readonly waitForReport: (
    what: string,
    test: (report: MachineReport) => boolean,
    seconds: number,
  ) => Promise<MachineReport>
  readonly close: () => Promise<void>
}

export interface Case {
  readonly firmware: AnyFirmware
  /** Who gives addresses. Default: dnsmasq on another machine. */
  readonly arrangement?: keyof typeof arrangements
  /** Of `ipxetool serve --proxy-dhcp`. */
  readonly options?: readonly string[]
  /** Of QEMU. */
  readonly machine?: readonly string[]
  /** Files of Debian's package ipxe that are put into the tree. */
  readonly loaders?: readonly string[]
  /** Other files for the tree. */
  readonly files?: Readonly<Record<string, Uint8Array>>
  /** Its exchange is kept under this name, see {@link keepRecording}. */
  readonly recording?: string
  /** What is waited for, and how the table calls it. Default: our menu. */
  readonly ends?: { readonly name: string; readonly wait: (seen: Seen) => Promise<void> }
}

/** For steps of EDK2 that are not wanted: `IPv4PXESupport`, `IPv6PXESupport`. */
export function without(...steps: string[]): string[] {
  return steps.flatMap((step) => ['-fw_cfg', `name=opt/org.tianocore/${step},string=n`])
}

/** Boots to the menu, or where else the case ends, and notes it in the matrix. Whoever calls it closes it. */
export async function bootByProxy(title: string, one: Case): Promise<Seen> {
  const { firmware, options = [], arrangement = 'other' } = one
  const cleanup = new Cleanup()
  let server: Server | undefined
  let machine: Machine | undefined
  try {
    const directory = workspace(cleanup)
    const lan = await makeLan(cleanup)
    const base = `http://${SERVER_ADDRESS}`
    const tree = await buildExample(directory, { base, repo: `${base}/x86_64`, console: CONSOLE })
    for (const name of one.loaders ?? []) copyFileSync(join(LOADERS, name), join(tree, name))
    for (const [name, bytes] of Object.entries(one.files ?? {})) writeFileSync(join(tree, name), bytes)
    const place = { wire: lan.wire, same: lan.server }
    if (arrangement === 'relay') await startRelay(cleanup, lan, directory)
    else if (arrangement === 'other') await startDhcp(cleanup, { place: place.wire, directory })
    else await run('ip', ['addr', 'add', `${SERVER_ADDRESS_6}/64`, 'dev', CARD, 'nodad'], lan.server)
    const ipv6 = { loader: `tftp://[${SERVER_ADDRESS_6}]/ipxe.efi`, script: `${base}/boot.ipxe` }
    if (arrangement === 'ipv6') await startDhcp(cleanup, { place: place.wire, directory, ipv6 })
    if (arrangement === 'same') await startDhcp(cleanup, { place: place.same, directory, interface: CARD })
    const recording = join(directory, 'recording.pcap')
    const record = writesRecordings && one.recording !== undefined ? ['--record', recording] : []
    const answering = arrangement === 'bench' ? ['--dhcp', 'dnsmasq', '--verbose'] : ['--proxy-dhcp']
    server = await startServer(cleanup, {
      tree,
      place: lan.server,
      http: `${SERVER_ADDRESS}:80`,
      tftp: arrangement === 'ipv6' ? '69' : `${SERVER_ADDRESS}:69`,
      more: [...answering, '--interface', CARD, ...record, ...options],
    })
    const args = ['-uuid', UUID, ...(one.machine ?? [])]
    machine = Machine.start(cleanup, firmware, tapNetwork(lan.wire, TAP), directory, args)
    const begin = performance.now()
    const machines = async (): Promise<MachineReport[]> => {
      const ask = `process.stdout.write(await (await fetch('http://${SERVER_ADDRESS}/_/api/machines')).text())`
      const text = await run(process.execPath, ['--input-type=module', '-e', ask], lan.server)
      return (JSON.parse(text) as { machines: MachineReport[] }).machines
    }
    const seen: Seen = {
      machine,
      server,
      tree,
      report: async () => {
        const all = await machines()
        assert.equal(all.length, 1, JSON.stringify(all))
        return all[0]!
      },
      waitForReport: (what, test, seconds) =>
        until(
          async () => (await machines()).find(test),
          seconds,
          () => `waited up to ${seconds} s for the trace to say: ${what}`,
        ),
      listening: async () =>
        (await run('ss', ['-Hlun', 'sport', '=', ':67'], lan.server)).split('\n').filter(Boolean),
      close: () => cleanup.close(),
    }
    await (one.ends?.wait(seen) ?? mainMenu(machine, MENU_TIMEOUT))
    const ends = one.ends?.name ?? 'menu'
    if (record.length > 0) keepRecording(recording, one.recording!)
    noteCell({ firmware: title, arrangement: arrangements[arrangement], ends })
    process.stdout.write(
      `proxy: ${title}: ${ends} after ${((performance.now() - begin) / 1000).toFixed(1)} s\n`,
    )
    return seen
  } catch (error) {
    if (error instanceof Error) error.message += `\n${machine?.report()}\n${server?.log()}`
    await cleanup.close()
    throw error
  }
}
