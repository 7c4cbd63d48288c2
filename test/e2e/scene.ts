/** Everything one boot needs, put up in order and taken down again whatever happens. */
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { chmod, copyFile, mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Cleanup } from './cleanup.js'
import { startDhcp } from './dnsmasq.js'
import { buildExample } from './example.js'
import type { Values } from './example.js'
import { makeMirror, REPOSITORY_PATH } from './mirror.js'
import type { Mirror } from './mirror.js'
import { makeLan, SERVER_ADDRESS, TAP } from './namespace.js'
import { HERE } from './processes.js'
import type { Place } from './processes.js'
import { Machine, tapNetwork, userNetwork } from './qemu.js'
import type { Firmware, Network } from './qemu.js'
import { startServer } from './server.js'
import type { Server } from './server.js'

/** Debian's stock UEFI loader: no script in it, so it asks DHCP what to do. */
const STOCK_LOADER = '/usr/lib/ipxe/ipxe.efi'
const LOADER = 'ipxe.efi'

/** How QEMU's user network shows this host's loopback to the guest. */
const USER_NETWORK_HOST = '10.0.2.2'

export const CONSOLE = 'ttyS0,115200'

export interface Scene {
  readonly machine: Machine
  /** Switches on another one like it, once the first is off. */
  readonly again: () => Machine
  readonly mirror: Mirror
  readonly server: Server
  /** What the menu's entries were built to load from. */
  readonly repository: string
  /** Seconds since the machine was switched on. */
  readonly seconds: () => number
}

/** Puts the scene up, lets `play` act, and takes it down; on failure prints what both ends have said. */
export async function withScene(
  firmware: Firmware,
  play: (scene: Scene) => Promise<void>,
  build: (directory: string, values: Values) => Promise<string> = buildExample,
  { scriptBy = 'tftp' }: { scriptBy?: 'http' | 'tftp' } = {},
): Promise<void> {
  const cleanup = new Cleanup()
  /** What to print on failure: title and text. */
  const evidence: (() => [string, string])[] = []
  try {
    const directory = workspace(cleanup)
    const site = await (firmware === 'bios' ? loopbackSite(scriptBy) : lanSite(cleanup))
    const base = `http://${site.seenAs}${site.httpPort === 80 ? '' : `:${site.httpPort}`}`
    const repository = `${base}/${REPOSITORY_PATH}`
    const tree = await build(directory, { base, repo: repository, console: CONSOLE })
    const mirror = await makeMirror(tree)
    if (firmware === 'uefi') await copyFile(STOCK_LOADER, join(tree, LOADER))

    // started by root it goes on as nobody, who has to remember which machines are installed
    const state = join(directory, 'state')
    await mkdir(state)
    await chmod(state, 0o777)
    const server = await startServer(cleanup, {
      tree,
      more: ['--state', join(state, 'once.json')],
      place: site.serverPlace,
      http: `${site.address}:${site.httpPort}`,
      tftp: `${site.address}:${site.tftpPort}`,
    })
    evidence.push(() => ["the server's log", server.log()])
    const network = await site.connect(server, directory, base, evidence)

    const again = (): Machine => {
      const started = Machine.start(cleanup, firmware, network, directory)
      evidence.unshift(
        () => ['the serial line', started.history()],
        () => ['the machine', started.report()],
      )
      return started
    }
    const machine = again()
    const begin = performance.now()
    await play({
      machine,
      again,
      mirror,
      server,
      repository,
      seconds: () => (performance.now() - begin) / 1000,
    })
    assert.equal(await server.stop(), 'ipxetool serve exited with 0')
  } catch (error) {
    for (const item of evidence) print(...item())
    throw error
  } finally {
    await cleanup.close()
  }
}

/** Where the server is and how a machine gets to it. */
interface Site {
  readonly serverPlace: Place
  readonly address: string
  readonly httpPort: number
  /** 0: any. */
  readonly tftpPort: number
  /** The server's address for the machine. */
  readonly seenAs: string
  connect(
    server: Server,
    directory: string,
    base: string,
    evidence: (() => [string, string])[],
  ): Promise<Network>
}

async function loopbackSite(scriptBy: 'http' | 'tftp'): Promise<Site> {
  return {
    serverPlace: HERE,
    address: '127.0.0.1',
    // The menus carry the port, so it must be known before they are built and served.
    httpPort: await freePort(),
    tftpPort: 0,
    seenAs: USER_NETWORK_HOST,
    connect: ({ httpPort, tftpPort }) =>
      Promise.resolve(
        userNetwork(
          `${scriptBy}://${USER_NETWORK_HOST}:${scriptBy === 'http' ? httpPort : tftpPort}/boot.ipxe`,
        ),
      ),
  }
}

async function lanSite(cleanup: Cleanup): Promise<Site> {
  const lan = await makeLan(cleanup)
  return {
    serverPlace: lan.server,
    address: SERVER_ADDRESS,
    httpPort: 80,
    tftpPort: 69,
    seenAs: SERVER_ADDRESS,
    connect: async (_server, directory, base, evidence) => {
      const dhcp = await startDhcp(cleanup, {
        place: lan.wire,
        directory,
        nextServer: SERVER_ADDRESS,
        loader: LOADER,
        script: `${base}/boot.ipxe`,
      })
      evidence.push(() => ["the DHCP server's log", dhcp.log()])
      return tapNetwork(lan.wire, TAP)
    },
  }
}

/** A directory of its own for what one boot writes. */
export function workspace(cleanup: Cleanup): string {
  const directory = mkdtempSync(join(tmpdir(), 'ipxetool-e2e-'))
  // For whom `serve` goes on as, where root runs the tests.
  chmodSync(directory, 0o755)
  cleanup.defer({
    undo: () => {
      rmSync(directory, { recursive: true, force: true })
    },
  })
  return directory
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', resolve)
  })
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}

function print(title: string, text: string): void {
  process.stderr.write(`\n===== ${title} =====\n${printable(text)}\n`)
}

/** Keeps a serial log from driving the terminal that shows it. */
function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/gu, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}
