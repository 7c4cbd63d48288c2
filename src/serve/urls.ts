/** The addresses under which machines reach a server, as URLs for people to copy. */
import { networkInterfaces } from 'node:os'
import type { FileProtocol } from './events.js'

const DEFAULT_PORT = { http: 80, https: 443, tftp: 69 } as const

/** `http://192.0.2.7:8080/`; the port is left out where it is the protocol's own. */
export function baseUrl(protocol: FileProtocol | 'https', address: string, port: number): string {
  const host = address.includes(':') ? `[${address.replace('%', '%25')}]` : address
  return `${protocol}://${host}${port === DEFAULT_PORT[protocol] ? '' : `:${port}`}/`
}

/**
 * For a socket bound to `address`: that address, or for a wildcard every address of this machine, the ones that
 * other machines can use first, loopback last.
 */
export function reachableAddresses(address: string): string[] {
  if (address !== '0.0.0.0' && address !== '::') return [address]
  const found = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const usable = found
    .filter(({ family }) => family === 'IPv4' || address === '::')
    // A link-local IPv6 address needs a zone, and the zone means something on this machine only.
    .filter(({ address: own }) => !/^fe80:/i.test(own))
    // IPv4 first: it is what most boot ROMs speak.
    .sort((a, b) => Number(a.family === 'IPv6') - Number(b.family === 'IPv6'))
  const outer = usable.filter(({ internal }) => !internal).map(({ address: own }) => own)
  const loopback = usable.filter(({ internal }) => internal).map(({ address: own }) => own)
  return [...new Set([...outer, ...loopback.slice(0, 1)])]
}
