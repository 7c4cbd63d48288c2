/** IPv4 addresses and networks as a person types them. */
import { IpxetoolError } from '../diagnostics/error.js'
import { visible } from '../diagnostics/visible.js'
import type { Subnet } from './types.js'

/** @throws IpxetoolError `bad-address` (exit code 2) */
export function parseAddress(text: string, where: string): number {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1)
  // a leading zero means octal to some programs and nothing to others
  if (!parts?.every((part) => Number(part) <= 255 && String(Number(part)) === part)) {
    throw new IpxetoolError('bad-address', `${where} "${visible(text)}" is no IPv4 address`, {
      exitCode: 2,
      hint: 'four numbers up to 255, for example 192.0.2.1',
    })
  }
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0)
}

/** @throws IpxetoolError `bad-address` (exit code 2) for what no machine can have */
export function parseHost(text: string, where: string): string {
  const first = Math.floor(parseAddress(text, where) / 2 ** 24)
  if (first === 0 || first === 127 || first >= 224) {
    throw new IpxetoolError('bad-address', `${where} ${text} is no address that a machine can reach`, {
      exitCode: 2,
      hint: 'name the address on the network that the machines boot from',
    })
  }
  return text
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')
}

/** @throws IpxetoolError `bad-subnet` (exit code 2) */
export function parseSubnet(text: string, where: string): Subnet {
  const [address = '', prefix = ''] = text.split('/', 2)
  if (!/^\d{1,2}$/.test(prefix) || Number(prefix) < 8 || Number(prefix) > 30) {
    throw new IpxetoolError('bad-subnet', `${where} "${visible(text)}" is no network`, {
      exitCode: 2,
      hint: 'address/length with a length of 8 to 30, for example 192.0.2.0/24',
    })
  }
  const size = 2 ** (32 - Number(prefix))
  const number = parseAddress(address, where)
  const start = number - (number % size)
  if (start !== number) {
    throw new IpxetoolError('bad-subnet', `${where} ${text} has bits set after the first ${prefix}`, {
      exitCode: 2,
      hint: `the network is ${formatAddress(start)}/${prefix}`,
    })
  }
  return { address, prefix: Number(prefix), netmask: formatAddress(2 ** 32 - size) }
}

/** The /24 around an address. */
export function networkOf(address: string): Subnet {
  const number = parseAddress(address, 'address')
  return { address: formatAddress(number - (number % 256)), prefix: 24, netmask: '255.255.255.0' }
}

export function isWithin(address: string, subnet: Subnet): boolean {
  const number = parseAddress(address, 'address')
  const start = parseAddress(subnet.address, 'network')
  return number > start && number < start + 2 ** (32 - subnet.prefix) - 1
}

/** @throws IpxetoolError `bad-range` (exit code 2) */
export function parseRange(text: string, subnet: Subnet, where: string): [string, string] {
  const parts = text.split('-').map((part) => part.trim())
  const [from, to] = parts
  if (parts.length !== 2 || from === undefined || to === undefined) {
    throw new IpxetoolError('bad-range', `${where} "${visible(text)}" is no range of addresses`, {
      exitCode: 2,
      hint: 'FROM-TO, for example 192.0.2.100-192.0.2.199',
    })
  }
  const isOrdered = parseAddress(from, where) <= parseAddress(to, where)
  if (!isOrdered || !isWithin(from, subnet) || !isWithin(to, subnet)) {
    const network = `${subnet.address}/${subnet.prefix}`
    throw new IpxetoolError(
      'bad-range',
      isOrdered
        ? `${where} ${text} is not within the network ${network}`
        : `${where} ${text} ends before it begins`,
      { exitCode: 2, hint: 'give the network with --subnet, and a range of addresses in it' },
    )
  }
  return [from, to]
}

/** The upper half of a small network, .100 to .199 of a larger one. */
export function defaultRange(subnet: Subnet): [string, string] {
  const start = parseAddress(subnet.address, 'network')
  const size = 2 ** (32 - subnet.prefix)
  const [from, to] = size >= 256 ? [100, 199] : [size / 2, size - 2]
  return [formatAddress(start + from), formatAddress(start + to)]
}
