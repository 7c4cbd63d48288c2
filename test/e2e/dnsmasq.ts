import { join } from 'node:path'
import type { Cleanup } from './cleanup.js'
import { BRIDGE } from './namespace.js'
import { start, until } from './processes.js'
import type { Place, Running } from './processes.js'

interface DhcpOptions {
  readonly place: Place
  /** Default: the bridge. */
  readonly interface?: string
  /** For the lease and pid files. */
  readonly directory: string
  /** TFTP server of the first stage. */
  readonly nextServer?: string
  /** What firmware loads. */
  readonly loader?: string
  /** What iPXE loads: a URL. */
  readonly script?: string
  /** URLs of what firmware loads over IPv6, and iPXE. Then addresses are given for IPv6, too. */
  readonly ipv6?: { readonly loader: string; readonly script: string }
  /** Options that are sent without being asked for: `224,http://…`. */
  readonly force?: readonly string[]
}

/**
 * A real DHCP server with a pool; boot data for firmware and for iPXE (told apart by option 175), or none at all where
 * no server of boot files is named.
 */
export async function startDhcp(cleanup: Cleanup, options: DhcpOptions): Promise<Running> {
  const server = start(cleanup, {
    name: 'dnsmasq',
    command: 'dnsmasq',
    place: options.place,
    args: [
      // Not --keep-in-foreground, which changes the group: that clears the signal that ends dnsmasq when we are
      // killed (prctl(2), PR_SET_PDEATHSIG), and is not allowed in a user namespace.
      '--no-daemon',
      '--conf-file=/dev/null',
      '--port=0',
      `--interface=${options.interface ?? BRIDGE}`,
      '--bind-interfaces',
      '--no-ping',
      '--dhcp-authoritative',
      '--dhcp-range=10.77.0.100,10.77.0.150,1h',
      // An IPv6 prefix: without a router advertisement every automatic iPXE stage waits 16 s for one.
      '--enable-ra',
      ...(options.ipv6 === undefined
        ? ['--dhcp-range=fd77::,ra-only,64,1h']
        : [
            '--dhcp-range=fd77::100,fd77::1ff,64,1h',
            '--dhcp-userclass=set:ipxe6,iPXE',
            `--dhcp-option=tag:!ipxe6,option6:bootfile-url,${options.ipv6.loader}`,
            `--dhcp-option=tag:ipxe6,option6:bootfile-url,${options.ipv6.script}`,
          ]),
      ...(options.nextServer === undefined
        ? []
        : [
            '--dhcp-match=set:ipxe,175',
            `--dhcp-boot=tag:!ipxe,${options.loader},,${options.nextServer}`,
            `--dhcp-boot=tag:ipxe,${options.script},,${options.nextServer}`,
          ]),
      ...(options.force ?? []).map((option) => `--dhcp-option-force=${option}`),
      `--dhcp-leasefile=${join(options.directory, 'leases')}`,
      `--pid-file=${join(options.directory, 'dnsmasq.pid')}`,
      '--log-dhcp',
    ],
  })
  await until(
    () => (server.log().includes('DHCP, IP range') ? true : undefined),
    10,
    () => `dnsmasq was not ready within 10 s:\n${server.log()}`,
    () => (server.hasExited() ? 'dnsmasq has ended' : undefined),
  )
  return server
}
