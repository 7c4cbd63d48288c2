/** Answers DHCP requests of firmware and iPXE beside the DHCP server of the network, which stays as it is. */
import { baseUrl } from '../urls.js'
import type { OnEvent } from '../events.js'
import { chooseInterfaces, type NetworkInterface, otherInterfaces } from './interfaces.js'
import type { Self } from './policy.js'
import { AllowList, isLoopback } from '../allow-list.js'
import type { Override } from './rules.js'
import { startProxyServer } from './server.js'
import type { PassedSocket } from './sockets.js'

export type { NetworkInterface, Override, PassedSocket }

export interface ProxyDhcpOptions {
  /** Names or IPv4 addresses; none: the only interface there is. */
  readonly interfaces?: readonly string[] | undefined
  /** Sockets that systemd has opened; their interfaces count as named. */
  readonly passed?: readonly PassedSocket[] | undefined
  /** Networks and MAC addresses that are answered; none: all. */
  readonly allow?: readonly string[] | undefined
  readonly overrides?: readonly Override[] | undefined
  /** What iPXE runs: below the root of the tree, or a URL. Default `boot.ipxe`. */
  readonly script?: string | undefined
  /** iPXE that is not ours gets our loader first. */
  readonly replaceRom?: boolean | undefined
  /** After two boots that ended with the loader, the next one in the tree is tried. */
  readonly loaderFallback?: boolean | undefined
}

export interface RunningProxy {
  readonly interfaces: readonly NetworkInterface[]
  /** A DHCP server runs on this machine too. */
  readonly shared: boolean
  /** Networks that are heard and not answered. */
  readonly unanswered: readonly string[]
  /** Whether firmware finds our TFTP server, which must be on port 69. */
  readonly firmwareTftp: boolean
  /** A loader has arrived at the machine with that MAC address, or a script. */
  noteLoader(mac: string): void
  noteScript(mac: string): void
  close(): Promise<void>
}

interface Bound {
  readonly address: string
  readonly port: number
}

interface StartOptions extends ProxyDhcpOptions {
  readonly root: string
  readonly bound: { readonly http: Bound | undefined; readonly tftp: Bound | undefined }
  /** HTTP is HTTPS. */
  readonly secure: boolean
  readonly onEvent: OnEvent
}

/** @throws IpxetoolError, see {@link chooseInterfaces}, {@link AllowList} and sockets.ts */
export async function startProxyDhcp(options: StartOptions): Promise<RunningProxy> {
  const { passed = [], bound } = options
  const names = [...(options.interfaces ?? []), ...passed.map((socket) => socket.interface)]
  const interfaces = chooseInterfaces(names)
  const allow = new AllowList(options.allow ?? [])
  const firmwareTftp = bound.tftp?.port === 69
  const selves = new Map<string, Self>(
    interfaces.map(({ name, address }) => [
      name,
      {
        address,
        httpUrl: urlFor(options.secure ? 'https' : 'http', bound.http, address),
        tftpUrl: urlFor('tftp', bound.tftp, address),
        firmwareTftp,
      },
    ]),
  )
  const server = await startProxyServer({
    root: options.root,
    interfaces,
    passed,
    selfOn: ({ name }) => selves.get(name)!,
    policy: {
      script: options.script ?? 'boot.ipxe',
      allow,
      overrides: options.overrides,
      replaceRom: options.replaceRom,
      loaderFallback: options.loaderFallback,
    },
    onEvent: options.onEvent,
  })
  const isTied = interfaces.every(({ name }) => passed.some((socket) => socket.interface === name))
  return {
    interfaces,
    shared: server.shared,
    unanswered: isTied ? [] : otherInterfaces(interfaces),
    firmwareTftp,
    noteLoader: (mac) => {
      server.policy.noteLoader(mac)
    },
    noteScript: (mac) => {
      server.policy.noteScript(mac)
    },
    close: () => server.close(),
  }
}

/** A server on all addresses is reached by the one on the client's own network; else by the one that it has. */
function urlFor(
  protocol: 'http' | 'https' | 'tftp',
  bound: Bound | undefined,
  address: string,
): string | undefined {
  if (bound === undefined) return undefined
  const everywhere = bound.address === '::' || bound.address === '0.0.0.0'
  if (!everywhere && isLoopback(bound.address) && !address.startsWith('127.')) {
    return undefined
  }
  return baseUrl(protocol, everywhere ? address : bound.address, bound.port)
}
