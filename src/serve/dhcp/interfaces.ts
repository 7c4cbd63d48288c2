/** Which networks to answer on: named by the operator, never guessed where there is a choice. */
import { networkInterfaces } from 'node:os'
import { IpxetoolError } from '../../diagnostics/error.js'

export interface NetworkInterface {
  readonly name: string
  /** IPv4: a proxy for IPv6 is not what firmware asks for here. */
  readonly address: string
  readonly netmask: string
}

/**
 * @param names of interfaces, or IPv4 addresses of this machine; none: the only one there is
 * @throws IpxetoolError `which-interface`, `no-such-interface`, `no-address`
 */
export function chooseInterfaces(names: readonly string[]): NetworkInterface[] {
  const all = ownInterfaces()
  if (names.length > 0) return [...new Set(names)].map((name) => named(name, all))
  const outer = all.filter(({ internal }) => !internal)
  if (outer.length === 1) return outer
  const list = outer.map(({ name, address }) => `${name} (${address})`).join(', ')
  if (outer.length === 0) {
    throw new IpxetoolError('no-address', 'proxyDHCP: no interface of this machine has an IPv4 address', {
      hint: 'give it one on the network that the machines boot from: `ip address` shows what there is',
    })
  }
  throw new IpxetoolError('which-interface', `proxyDHCP: on which of ${list}?`, {
    exitCode: 2,
    hint: `name the network that the machines boot from: --interface ${outer[0]!.name}`,
  })
}

type Own = NetworkInterface & { readonly internal: boolean }

function ownInterfaces(): Own[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ family }) => family === 'IPv4')
      .map(({ address, netmask, internal }) => ({ name, address, netmask, internal })),
  )
}

function named(name: string, all: readonly Own[]): Own {
  const found = all.find((one) => one.name === name || one.address === name)
  if (found !== undefined) return found
  const exists = Object.hasOwn(networkInterfaces(), name)
  const list = [...new Set(all.map((one) => one.name))].join(', ')
  throw new IpxetoolError(
    exists ? 'no-address' : 'no-such-interface',
    exists
      ? `--interface ${name} has no IPv4 address`
      : `--interface ${name}: there is no such interface that is up`,
    {
      exitCode: 2,
      hint: list === '' ? 'no interface has an IPv4 address' : `those with an IPv4 address are ${list}`,
    },
  )
}

/** Other networks of this machine, from which broadcasts are heard as well. */
export function otherInterfaces(chosen: readonly NetworkInterface[]): string[] {
  const others = ownInterfaces().filter(
    ({ name, internal }) => !internal && chosen.every((one) => one.name !== name),
  )
  return [...new Set(others.map(({ name }) => name))]
}

export function isInNetwork(address: string, network: NetworkInterface): boolean {
  const mask = number(network.netmask)
  return (number(address) & mask) === (number(network.address) & mask)
}

function number(address: string): number {
  return address.split('.').reduce((sum, part) => (sum << 8) | Number(part), 0)
}
