/** `nft -j list ruleset` (libnftables-json(5)) in the shape of ./model.ts. */
import type { Filter, Ports, Rule, Test, Verdict } from './model.js'

type Json = Readonly<Record<string, unknown>>

interface Sets {
  get(name: string): readonly unknown[] | undefined
}

/**
 * The filters that packets for this machine pass.
 *
 * @param without tables that somebody else knows better: `ip filter`
 * @returns undefined for what is no such JSON
 */
export function readNft(text: string, without: readonly string[] = []): Filter[] | undefined {
  let entries: readonly unknown[]
  try {
    entries = (JSON.parse(text) as { nftables: unknown[] }).nftables
    if (!Array.isArray(entries)) return undefined
  } catch {
    return undefined
  }
  const all = (kind: string): Json[] =>
    entries.map((entry) => object(object(entry)?.[kind])).filter((one) => one !== undefined)
  const tableOf = (one: Json): string => `${String(one['family'])} ${String(one['table'])}`
  const bases = all('chain').filter(
    (chain) =>
      chain['hook'] === 'input' &&
      ['inet', 'ip'].includes(String(chain['family'])) &&
      !without.includes(tableOf(chain)),
  )
  return bases.map((base): Filter => {
    const table = tableOf(base)
    const sets = new Map(
      [...all('set'), ...all('map')]
        .filter((one) => tableOf(one) === table)
        .map((one) => [`@${String(one['name'])}`, list(one['elem'])]),
    )
    const chains = new Map<string, Rule[]>()
    for (const rule of all('rule').filter((one) => tableOf(one) === table)) {
      const chain = String(rule['chain'])
      const name = `rule ${String(rule['handle'])} of ${table} ${chain}`
      const rules = rulesOf(list(rule['expr']), name, sets)
      chains.set(chain, [...(chains.get(chain) ?? []), ...rules])
    }
    const policy = base['policy'] === 'drop' ? 'drop' : 'accept'
    return { tool: 'nft', table, chain: String(base['name']), policy, chains }
  })
}

/** One, or with a map of verdicts one for each element. */
function rulesOf(expressions: readonly unknown[], name: string, sets: Sets): Rule[] {
  const tests: Test[] = []
  for (const expression of expressions) {
    const [kind, value] = Object.entries(object(expression) ?? {})[0] ?? []
    const verdict = verdictOf(kind, value)
    if (verdict !== undefined) return [{ tests, verdict, name }]
    if (kind === 'match') tests.push(testOf(object(value) ?? {}, sets))
    else if (kind === 'vmap') return mapRules(object(value) ?? {}, tests, name, sets)
    else if (kind !== 'counter' && kind !== 'log') tests.push({ about: 'unknown' })
  }
  return []
}

function mapRules(vmap: Json, tests: readonly Test[], name: string, sets: Sets): Rule[] {
  return elements(vmap['data'], sets).flatMap((pair) => {
    const [key, data] = Array.isArray(pair) ? (pair as unknown[]) : []
    const [kind, value] = Object.entries(object(data) ?? {})[0] ?? []
    const test = testOf({ op: '==', left: vmap['key'], right: key }, sets)
    return [{ tests: [...tests, test], verdict: verdictOf(kind, value), name }]
  })
}

function verdictOf(kind: string | undefined, value: unknown): Verdict | undefined {
  switch (kind) {
    case 'accept':
    case 'drop':
    case 'return':
      return { do: kind }
    case 'reject':
      return { do: 'drop' }
    case 'jump':
    case 'goto':
      return { do: kind, chain: String(object(value)?.['target']) }
    default:
      return undefined
  }
}

function testOf({ op, left, right }: Json, sets: Sets): Test {
  const not = op === '!='
  if (!not && op !== '==' && op !== 'in') return { about: 'unknown' }
  const values = elements(right, sets)
  const words = values.map(String)
  const asked = object(left) ?? {}
  const payload = object(asked['payload'])
  const meta = object(asked['meta'])?.['key']
  if (payload !== undefined) {
    const { protocol, field } = payload as { protocol?: unknown; field?: unknown }
    if (protocol === 'ip6' || protocol === 'icmpv6' || protocol === 'icmp') return { about: 'never' }
    if (field === 'dport') {
      const ports = values.map(portsOf)
      if (ports.includes(undefined)) return { about: 'unknown' }
      const own = protocol === 'th' ? undefined : String(protocol)
      return { about: 'to-port', not, protocol: own, ports: ports.filter((one) => one !== undefined) }
    }
    if (protocol === 'ip' && field === 'protocol') return { about: 'protocol', not, values: words }
    if (protocol === 'ip' && field === 'saddr')
      return { about: 'source', not, networks: values.map(networkOf) }
    if (protocol === 'tcp' || protocol === 'udp') return { about: 'unknown' }
    return { about: 'unknown' }
  }
  if (meta === 'l4proto') return { about: 'protocol', not, values: words }
  if (meta === 'nfproto')
    return words.includes('ipv4') === not
      ? { about: 'never' }
      : { about: 'protocol', not: false, values: ['tcp', 'udp'] }
  if (meta === 'iifname' || meta === 'iif') return { about: 'interface', not, values: words }
  if (meta === 'pkttype') return { about: 'cast', not, values: words }
  if (object(asked['ct'])?.['key'] === 'state') return { about: 'state', not, values: words }
  return { about: 'unknown' }
}

/** A value, a list of them, a set that has no name, or one that has. */
function elements(right: unknown, sets: Sets): readonly unknown[] {
  const named = typeof right === 'string' && right.startsWith('@') ? sets.get(right) : undefined
  const inner = object(right)?.['set']
  const values = named ?? (inner !== undefined ? list(inner) : Array.isArray(right) ? right : [right])
  // with a comment or a counter
  return values.map((value: unknown) => object(object(value)?.['elem'])?.['val'] ?? value)
}

function portsOf(value: unknown): Ports | undefined {
  if (typeof value === 'number') return [value, value]
  const range = object(value)?.['range']
  return Array.isArray(range) ? [Number(range[0]), Number(range[1])] : undefined
}

function networkOf(value: unknown): string {
  const { prefix, range } = (object(value) ?? {}) as {
    prefix?: { addr: string; len: number }
    range?: unknown[]
  }
  if (prefix !== undefined) return `${prefix.addr}/${prefix.len}`
  return Array.isArray(range) ? range.map(String).join('-') : String(value)
}

function object(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : []
}
