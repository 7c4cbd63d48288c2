/**
 * How large a TFTP block may be so that it reaches a client in one IP packet. Boot ROMs and UEFI stacks often
 * cannot put fragments together, and under VXLAN or a VPN the link carries less than the 1500 they assume.
 */
import { readFileSync } from 'node:fs'
import { BlockList, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'

/** IP, UDP and TFTP DATA headers. */
const OVERHEAD = { ipv4: 20 + 8 + 4, ipv6: 40 + 8 + 4 } as const

/** Interfaces come and go, but not between two requests of one machine. */
const CACHE_MS = 5000

interface Link {
  readonly mtu: number
  readonly internal: boolean
  readonly subnet: BlockList
}

let cached: { readonly at: number; readonly links: readonly Link[] } | undefined

/** Octets of data in one DATA packet to `client`, or undefined where the system does not tell the MTU. */
export function blksizeForPath(client: string): number | undefined {
  const address = client.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '')
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  const now = performance.now()
  if (cached === undefined || now - cached.at > CACHE_MS)
    cached = { at: now, links: readLinks() ?? cached?.links ?? [] }
  const local = cached.links.find((link) => link.subnet.check(address, family))
  if (local !== undefined) return local.mtu - OVERHEAD[family]
  // Behind a router: which of our links leads there is not ours to guess, so the smallest is safe.
  const outer = cached.links.filter((link) => !link.internal).map((link) => link.mtu)
  return outer.length === 0 ? undefined : Math.min(...outer) - OVERHEAD[family]
}

/** Undefined when the system will not say: asking takes a socket, and they may have run out. */
function readLinks(): Link[] | undefined {
  let interfaces: ReturnType<typeof networkInterfaces>
  try {
    interfaces = networkInterfaces()
  } catch {
    return undefined
  }
  const links: Link[] = []
  for (const [name, addresses = []] of Object.entries(interfaces)) {
    const mtu = readMtu(name)
    if (mtu === undefined) continue
    for (const { cidr, family, internal } of addresses) {
      const [network, bits] = cidr?.split('/') ?? []
      if (network === undefined || bits === undefined) continue
      const subnet = new BlockList()
      subnet.addSubnet(network, Number(bits), family === 'IPv6' ? 'ipv6' : 'ipv4')
      links.push({ mtu, internal, subnet })
    }
  }
  return links
}

/** Linux only; elsewhere Node has no way to ask. */
function readMtu(name: string): number | undefined {
  try {
    const mtu = Number(readFileSync(`/sys/class/net/${name}/mtu`, 'latin1'))
    return mtu >= 576 ? mtu : undefined
  } catch {
    return undefined
  }
}
