/** Whether this machine's packet filter lets machines in: by its rules where they can be read, else by what runs. */
import type { NetworkInterface } from '../../dhcp/interfaces.js'
import type { Finding } from '../findings.js'
import { readIptables } from './iptables.js'
import { fateOf, type Filter, type Packet, type Ports } from './model.js'
import { readNft } from './nft.js'
import { findFirewalls, type Firewall } from './tools.js'

/** Runs a program; undefined: it is not there, or it says no. */
export type Run = (command: string, args: readonly string[]) => Promise<string | undefined>

export interface Served {
  readonly http: number | undefined
  readonly tftp: number | undefined
  /** Ports of transfers; undefined: they have none of their own. */
  readonly transfers: Ports | undefined
}

interface Question {
  /** `TFTP (UDP port 69)` */
  readonly name: string
  readonly packet: Packet
  /** Without it nothing boots from here; else it is for --proxy-dhcp. */
  readonly always: boolean
}

const DHCP_PORT = 67
const PXE_PORT = 4011

/** @param on where machines are; none: nobody knows */
export async function inspectFirewall(
  served: Served,
  on: readonly NetworkInterface[],
  run: Run,
  find: typeof findFirewalls = findFirewalls,
): Promise<Finding[]> {
  const tcp = served.http === undefined ? [] : [served.http]
  const udp = [...(served.tftp === undefined ? [] : [served.tftp]), DHCP_PORT, PXE_PORT]
  const tools = await find({ tcp, udp })
  const filters = await readFilters(run)
  if (filters === undefined) return byTools(tools)
  const closed = filters.flatMap((filter) => closedBy(filter, questionsFor(served), on))
  const names = tools.map(({ name }) => name)
  if (closed.length === 0) {
    const what =
      filters.length === 0
        ? 'there is no packet filter for what arrives here'
        : `the packet filter (${[...names, ...new Set(filters.map(({ tool }) => tool))].join(', ')}) lets in what a boot server needs`
    return [{ area: 'firewall', level: 'ok', what }]
  }
  return closed.map((one) => finding(one, tools))
}

/** @returns undefined: they cannot be read */
async function readFilters(run: Run): Promise<Filter[] | undefined> {
  const [json, saved] = await Promise.all([run('nft', ['-j', 'list', 'ruleset']), run('iptables-save', [])])
  const old = readIptables(saved ?? '')
  // The same rules, which nft shows in part only.
  const known = old.tables.map((table) => `ip ${table}`)
  const filters = readNft(json ?? '', known)
  if (filters === undefined && saved === undefined) return undefined
  return [...old.filters, ...(filters ?? [])]
}

function questionsFor({ http, tftp, transfers }: Served): Question[] {
  const one = (port: number): Ports => [port, port]
  const questions: Question[] = []
  const add = (name: string, always: boolean, packet: Packet): void => {
    questions.push({ name, always, packet })
  }
  if (http !== undefined)
    add(`HTTP (TCP port ${http})`, true, { protocol: 'tcp', to: one(http), state: 'new' })
  if (tftp !== undefined) {
    add(`TFTP (UDP port ${tftp})`, true, { protocol: 'udp', to: one(tftp), state: 'new' })
    if (transfers !== undefined) {
      const name = `acknowledgements of TFTP (UDP ports ${transfers.join('-')})`
      // our first block went out by that port
      add(name, true, { protocol: 'udp', to: transfers, state: 'established' })
    }
  }
  const nobody = { source: '0.0.0.0', broadcast: true }
  const dhcp = { protocol: 'udp', to: one(DHCP_PORT), state: 'new', ...nobody } as const
  add(`DHCP (UDP port ${DHCP_PORT}, from 0.0.0.0, for --proxy-dhcp)`, false, dhcp)
  const pxe = { protocol: 'udp', to: one(PXE_PORT), state: 'new' } as const
  add(`PXE (UDP port ${PXE_PORT}, for --proxy-dhcp)`, false, pxe)
  return questions
}

interface Closed {
  readonly filter: Filter
  readonly questions: readonly Question[]
  readonly by: string
  readonly unless: string | undefined
}

/** What it keeps out, by the rule that does. */
function closedBy(filter: Filter, questions: readonly Question[], on: readonly NetworkInterface[]): Closed[] {
  const found = new Map<string, Closed>()
  for (const question of questions) {
    for (const place of on.length === 0 ? [undefined] : on) {
      const fate = fateOf(filter, question.packet, place)
      if (fate.kind === 'open') continue
      const { by, unless } = fate
      const key = `${by} ${unless ?? ''} ${question.always}`
      const before = found.get(key)?.questions ?? []
      if (before.includes(question)) continue
      found.set(key, { filter, questions: [...before, question], by, unless })
    }
  }
  return [...found.values()]
}

function finding({ filter, questions, by, unless }: Closed, tools: readonly Firewall[]): Finding {
  const level = unless === undefined && questions.some(({ always }) => always) ? 'problem' : 'warning'
  const where = filter.tool === 'nft' ? 'nftables' : 'iptables'
  const except = unless === undefined ? '' : `, unless ${unless} lets it in`
  const what = `${where} keeps out ${questions.map(({ name }) => name).join(' and ')}: ${by}${except}`
  return { area: 'firewall', level, what, fix: openingLines(filter, questions, tools).join('; ') }
}

/** In the words of whoever writes the rules: what is put in behind its back does not stay. */
function openingLines(
  filter: Filter,
  questions: readonly Question[],
  tools: readonly Firewall[],
): readonly string[] {
  const lines: string[] = []
  const fresh = questions.filter(({ packet }) => packet.state === 'new')
  if (fresh.length < questions.length) {
    lines.push(
      filter.tool === 'nft'
        ? `nft insert rule ${filter.table} ${filter.chain} ct state established,related accept`
        : `iptables${tableFlag(filter)} -I INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT`,
    )
  }
  const ports = fresh.map(({ packet }) => ({ protocol: packet.protocol, port: packet.to[0] }))
  const [tool] = tools
  if (tool !== undefined) {
    const own = ports.map(({ protocol, port }) => tool.open(port, protocol))
    return [...lines, ...own, ...(own.length > 0 && tool.after !== undefined ? [tool.after] : [])]
  }
  for (const protocol of ['tcp', 'udp'] as const) {
    const list = ports.filter((one) => one.protocol === protocol).map(({ port }) => port)
    if (list.length === 0) continue
    lines.push(
      filter.tool === 'nft'
        ? `nft insert rule ${filter.table} ${filter.chain} ${protocol} dport ${list.length === 1 ? list[0] : `{ ${list.join(', ')} }`} accept`
        : `iptables${tableFlag(filter)} -I INPUT -p ${protocol} -m multiport --dports ${list.join(',')} -j ACCEPT`,
    )
  }
  return lines
}

function tableFlag({ table }: Filter): string {
  return table === '' ? '' : ` -t ${table}`
}

/** Without the rules: who is on, and its words for what is needed. */
function byTools(tools: readonly Firewall[]): Finding[] {
  const findings = tools.map(({ name, commands }): Finding => {
    const what = `${name} is on: it has to let machines in (TFTP answers from other ports, or use --tftp-single-port)`
    return { area: 'firewall', level: 'warning', what, fix: commands.join('; ') }
  })
  if (findings.length > 0) return findings
  const what = 'neither ufw nor firewalld is on here; rules of nftables and iptables can only be read by root'
  return [{ area: 'firewall', level: 'unknown', what, fix: 'run doctor as root' }]
}
