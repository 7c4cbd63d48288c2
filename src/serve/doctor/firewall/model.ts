/**
 * What a packet filter does with a packet, as far as its rules tell: nftables and iptables in one shape. Pure.
 *
 * Whether a rule matches has three answers: a rule may ask what is not known here (a limit, a mark, an address).
 */
import { isIPv4 } from 'node:net'

export type Protocol = 'tcp' | 'udp'

/** First and last port. */
export type Ports = readonly [number, number]

/** What arrives, over IPv4. */
export interface Packet {
  readonly protocol: Protocol
  /** One of these. */
  readonly to: Ports
  /** What connection tracking says of it. */
  readonly state: 'new' | 'established'
  /** Undefined: some machine of the network. */
  readonly source?: string | undefined
  readonly broadcast?: boolean | undefined
}

/** Where it arrives; undefined: nobody knows. */
export interface Arrival {
  readonly name: string
  readonly address: string
  readonly netmask: string
}

export type Test =
  | { readonly about: 'protocol'; readonly not: boolean; readonly values: readonly string[] }
  | {
      readonly about: 'to-port'
      readonly not: boolean
      /** Undefined: whatever has ports. */
      readonly protocol: string | undefined
      readonly ports: readonly Ports[]
    }
  | { readonly about: 'state'; readonly not: boolean; readonly values: readonly string[] }
  | { readonly about: 'interface'; readonly not: boolean; readonly values: readonly string[] }
  | { readonly about: 'source'; readonly not: boolean; readonly networks: readonly string[] }
  | { readonly about: 'cast'; readonly not: boolean; readonly values: readonly string[] }
  /** Never true here: IPv6. */
  | { readonly about: 'never' }
  /** Nobody knows. */
  | { readonly about: 'unknown' }

export type Verdict =
  { readonly do: 'accept' | 'drop' | 'return' } | { readonly do: 'jump' | 'goto'; readonly chain: string }

export interface Rule {
  readonly tests: readonly Test[]
  /** Undefined: it counts or logs. */
  readonly verdict: Verdict | undefined
  /** How a person finds it. */
  readonly name: string
}

/** Everything that packets for this machine pass, and the chains that it jumps to. */
export interface Filter {
  readonly tool: 'nft' | 'iptables'
  /** `inet filter`; empty for iptables. */
  readonly table: string
  readonly chain: string
  readonly policy: 'accept' | 'drop'
  readonly chains: ReadonlyMap<string, readonly Rule[]>
}

export type Fate =
  | { readonly kind: 'open' }
  /** `unless`: a rule before it may let the packet through. */
  | { readonly kind: 'closed'; readonly by: string; readonly unless: string | undefined }

type Answer = 'yes' | 'no' | 'maybe'

/** Calls in calls; nftables allows 16. */
const DEEP = 20
const NUMBERS: Readonly<Record<Protocol, string>> = { tcp: '6', udp: '17' }

type End = { readonly do: 'accept' | 'end' } | { readonly do: 'drop'; readonly by: string }

/** What one filter does with a packet; what only may drop it is not believed to. */
export function fateOf(filter: Filter, packet: Packet, on: Arrival | undefined): Fate {
  let unless: string | undefined
  const walk = (chain: string, depth: number): End => {
    for (const { verdict, tests, name } of filter.chains.get(chain) ?? []) {
      if (verdict === undefined) continue
      const answer = matches(tests, packet, on)
      if (answer === 'no') continue
      const isSure = answer === 'yes'
      if (verdict.do === 'jump' || verdict.do === 'goto') {
        if (depth > DEEP) continue
        const inner = walk(verdict.chain, depth + 1)
        if (!isSure && inner.do === 'accept') unless ??= name
        if (isSure && (inner.do !== 'end' || verdict.do === 'goto')) return inner
      } else if (!isSure) {
        if (verdict.do === 'accept') unless ??= name
      } else if (verdict.do === 'return') return { do: 'end' }
      else return verdict.do === 'drop' ? { do: 'drop', by: name } : { do: 'accept' }
    }
    return { do: 'end' }
  }
  const end = walk(filter.chain, 0)
  if (end.do === 'drop') return { kind: 'closed', by: end.by, unless }
  if (end.do === 'accept' || filter.policy === 'accept') return { kind: 'open' }
  const table = filter.table === '' ? '' : `${filter.table} `
  return { kind: 'closed', by: `policy drop of ${table}${filter.chain}`, unless }
}

function matches(tests: readonly Test[], packet: Packet, on: Arrival | undefined): Answer {
  let all: Answer = 'yes'
  for (const test of tests) {
    const plain = ask(test, packet, on)
    const answer = 'not' in test && test.not && plain !== 'maybe' ? (plain === 'yes' ? 'no' : 'yes') : plain
    if (answer === 'no') return 'no'
    if (answer === 'maybe') all = 'maybe'
  }
  return all
}

function ask(test: Test, packet: Packet, on: Arrival | undefined): Answer {
  switch (test.about) {
    case 'never':
      return 'no'
    case 'unknown':
      return 'maybe'
    case 'protocol':
      return yes(test.values.some((value) => value === packet.protocol || value === NUMBERS[packet.protocol]))
    case 'state':
      return yes(test.values.includes(packet.state))
    case 'cast':
      return yes(test.values.includes(packet.broadcast === true ? 'broadcast' : 'host'))
    case 'interface':
      if (on !== undefined) return yes(test.values.some((name) => isNamed(on.name, name)))
      return test.values.every((name) => name === 'lo') ? 'no' : 'maybe'
    case 'to-port': {
      if (test.protocol !== undefined && test.protocol !== packet.protocol) return 'no'
      const [first, last] = packet.to
      if (test.ports.some(([low, high]) => low <= first && last <= high)) return 'yes'
      return test.ports.some(([low, high]) => low <= last && first <= high) ? 'maybe' : 'no'
    }
    case 'source': {
      const from = packet.source ?? on
      if (from === undefined) return 'maybe'
      const answers = test.networks.map((network) => isWithin(from, network))
      return answers.includes('yes') ? 'yes' : answers.includes('maybe') ? 'maybe' : 'no'
    }
  }
}

function yes(is: boolean): Answer {
  return is ? 'yes' : 'no'
}

/** `eth+` and `eth*` stand for all that begin so. */
function isNamed(name: string, pattern: string): boolean {
  return /[+*]$/.test(pattern) ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}

/** Whether an address, or a whole network, is in `192.0.2.0/24`, `192.0.2.1-192.0.2.9` or one address. */
function isWithin(from: string | Arrival, network: string): Answer {
  const inner = typeof from === 'string' ? single(from) : blockOf(from.address, from.netmask)
  const outer = span(network)
  if (inner === undefined || outer === undefined) return network.includes(':') ? 'no' : 'maybe'
  if (outer[0] <= inner[0] && inner[1] <= outer[1]) return 'yes'
  return outer[0] <= inner[1] && inner[0] <= outer[1] ? 'maybe' : 'no'
}

function span(text: string): Ports | undefined {
  const [address = '', size] = text.split('/')
  if (size === undefined) {
    const [first, last = first] = address.split('-')
    const [low, high] = [single(first ?? ''), single(last ?? '')]
    return low === undefined || high === undefined ? undefined : [low[0], high[1]]
  }
  if (isIPv4(size)) return blockOf(address, size)
  const bits = Number(size)
  const mask = bits === 0 ? 0 : (2 ** 32 - 2 ** (32 - bits)) >>> 0
  return blockOf(address, [24, 16, 8, 0].map((shift) => (mask >>> shift) & 255).join('.'))
}

function single(address: string): Ports | undefined {
  return isIPv4(address) ? [number(address), number(address)] : undefined
}

function blockOf(address: string, netmask: string): Ports | undefined {
  if (!isIPv4(address) || !isIPv4(netmask)) return undefined
  const mask = number(netmask)
  const first = (number(address) & mask) >>> 0
  return [first, (first | (~mask >>> 0)) >>> 0]
}

function number(address: string): number {
  return address.split('.').reduce((sum, part) => ((sum << 8) | Number(part)) >>> 0, 0)
}
