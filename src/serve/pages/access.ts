/**
 * Who may see the pages under `/_/`: this machine, and whom the operator names. They tell what stands in the rack, so
 * everybody else gets what a path gets that is no file.
 */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { peer } from '../events.js'
import { AllowList, isLoopback } from '../allow-list.js'

export class Access {
  readonly #allow: AllowList | undefined

  /**
   * @param networks besides this machine: `192.0.2.0/24`, an address
   * @throws IpxetoolError `bad-allow` (exit code 2)
   */
  constructor(networks: readonly string[]) {
    this.#allow = networks.length === 0 ? undefined : new AllowList(networks, '--pages')
  }

  permits(req: IncomingMessage): boolean {
    const { remoteAddress, localAddress } = req.socket
    const from = peer(remoteAddress, 0).address
    if (this.#allow?.permits(from) === true) return true
    // Nobody else can open a connection from our own address.
    const isHere = isLoopback(from) || remoteAddress === localAddress
    // A proxy on this machine speaks for others; a name of somebody else's may be made to point here (DNS rebinding).
    return isHere && !isForwarded(req) && isOwnName(req.headers.host)
  }
}

function isForwarded({ headers }: IncomingMessage): boolean {
  return ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some((name) => headers[name] !== undefined)
}

function isOwnName(host = ''): boolean {
  const name = host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
  return name === 'localhost' || isIP(name) !== 0 || name === hostname().toLowerCase()
}
