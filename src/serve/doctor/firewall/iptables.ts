/** What iptables-save(8) prints, in the shape of ./model.ts. */
import type { Filter, Ports, Rule, Test, Verdict } from './model.js'

/** Targets that are no end; whatever else is not known is one of somebody's chains. */
const GOES_ON = ['LOG', 'NFLOG', 'ULOG', 'TRACE', 'AUDIT', 'MARK', 'CONNMARK', 'SET']

/** @returns the filter of packets for this machine, and the names of all tables that are there: `filter` */
export function readIptables(text: string): { readonly filters: Filter[]; readonly tables: string[] } {
  const filters: Filter[] = []
  const tables: string[] = []
  for (const block of text.split(/^(?=\*)/m)) {
    const table = /^\*(\S+)/.exec(block)?.[1]
    if (table === undefined) continue
    tables.push(table)
    const policy = /^:INPUT (\S+)/m.exec(block)?.[1]
    if (policy === undefined || table === 'nat') continue
    const chains = new Map<string, Rule[]>()
    for (const [line, chain] of block.matchAll(/^-A (\S+).*$/gm)) {
      const rule = ruleOf(words(line).slice(2), `\`${line}\``)
      chains.set(chain!, [...(chains.get(chain!) ?? []), rule])
    }
    filters.push({
      tool: 'iptables',
      table: table === 'filter' ? '' : table,
      chain: 'INPUT',
      policy: policy === 'DROP' ? 'drop' : 'accept',
      chains,
    })
  }
  return { filters, tables }
}

function ruleOf(line: readonly string[], name: string): Rule {
  const tests: Test[] = []
  let verdict: Verdict | undefined
  let protocol: string | undefined
  let not = false
  for (let at = 0; at < line.length; at++) {
    const word = line[at]!
    const value = line[at + 1] ?? ''
    if (word === '!') {
      not = true
      continue
    }
    const test = (one: Test): void => {
      tests.push(one)
      at += 1
    }
    switch (word) {
      case '-p':
      case '--protocol':
        protocol = value
        test(value === 'all' ? unknown('yes') : { about: 'protocol', not, values: [value] })
        break
      case '-i':
      case '--in-interface':
        test({ about: 'interface', not, values: [value] })
        break
      case '-s':
      case '--source':
        test({ about: 'source', not, networks: value.split(',') })
        break
      case '--dport':
      case '--dports':
      case '--destination-port':
      case '--destination-ports':
      case '--ports':
        test(portTest(value, not, protocol))
        break
      case '--state':
      case '--ctstate':
        test({ about: 'state', not, values: value.toLowerCase().split(',') })
        break
      case '--pkt-type':
        test({ about: 'cast', not, values: [value === 'unicast' ? 'host' : value] })
        break
      case '--src-range':
        test({ about: 'source', not, networks: [value] })
        break
      case '-j':
      case '--jump':
      case '-g':
      case '--goto':
        verdict = verdictOf(value, word.includes('g'))
        at = line.length
        break
      case '-m':
      case '--match':
      case '--comment':
        at += 1
        break
      default:
        // what it asks is not known here, nor how many words it takes
        if (word.startsWith('-')) tests.push(unknown('maybe'))
    }
    not = false
  }
  return { tests, verdict, name }
}

function unknown(answer: 'yes' | 'maybe'): Test {
  return answer === 'yes' ? { about: 'protocol', not: false, values: ['tcp', 'udp'] } : { about: 'unknown' }
}

function portTest(value: string, not: boolean, protocol: string | undefined): Test {
  const ports = value.split(',').map((part): Ports => {
    const [first = '', last = first] = part.split(':')
    return [Number(first || 0), Number(last || 65_535)]
  })
  return { about: 'to-port', not, protocol, ports }
}

function verdictOf(target: string, isGoto: boolean): Verdict | undefined {
  if (target === 'ACCEPT') return { do: 'accept' }
  if (target === 'DROP' || target === 'REJECT') return { do: 'drop' }
  if (target === 'RETURN') return { do: 'return' }
  if (GOES_ON.includes(target)) return undefined
  return { do: isGoto ? 'goto' : 'jump', chain: target }
}

/** As iptables-save quotes them. */
function words(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|\S+/g)].map(([word, quoted]) => quoted ?? word)
}
