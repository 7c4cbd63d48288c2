/** Why does my machine not boot? Looks at everything that can be looked at from here, and changes nothing. */
import { isIP } from 'node:net'
import { IpxetoolError } from '../../diagnostics/error.js'
import { chooseInterfaces, type NetworkInterface } from '../dhcp/interfaces.js'
import type { PolicyOptions, Self } from '../dhcp/policy.js'
import { AllowList } from '../allow-list.js'
import type { ProxyDhcpOptions } from '../dhcp/index.js'
import { baseUrl } from '../urls.js'
import { askNetwork, type Asked, type Offer } from './ask.js'
import { dryRun, type Told } from './dry-run.js'
import type { Finding } from './findings.js'
import { inspectFirewall, type Run } from './firewall/index.js'
import { runProgram, transferPorts } from './system.js'
import { portState } from './ports.js'
import { inspectTree, treeHas } from './tree.js'

export { type Told } from './dry-run.js'
export type { Finding } from './findings.js'
export { type Replayed, replay } from './replay.js'

export interface Endpoint {
  readonly port: number
  readonly host: string | undefined
}

export interface TftpEndpoint extends Endpoint {
  readonly portRange?: readonly [number, number] | undefined
  readonly singlePort?: boolean | undefined
}

export interface DoctorOptions {
  readonly root: string
  /** As `serve` would be told; `false`: off. */
  readonly http: Endpoint | false
  readonly tftp: TftpEndpoint | false
  readonly proxy: ProxyDhcpOptions
  /** Sends a DISCOVER into the network. */
  readonly ask: boolean
  /** Runs what shows the rules of packet filters. */
  readonly run?: Run | undefined
}

export interface Diagnosis {
  readonly findings: readonly Finding[]
  /** What each kind of machine would be told by `serve --proxy-dhcp`. */
  readonly machines: readonly Told[]
  /** What other servers on the network said. */
  readonly offers: readonly (Offer & { readonly interface: string })[]
}

const DHCP_PORT = 67
const PXE_PORT = 4011
const TFTP_PORT = 69

export function policyFor(root: string, { script = 'boot.ipxe', ...proxy }: ProxyDhcpOptions): PolicyOptions {
  return {
    script,
    has: treeHas(root),
    allow: new AllowList(proxy.allow ?? []),
    overrides: proxy.overrides,
    replaceRom: proxy.replaceRom,
    loaderFallback: proxy.loaderFallback,
  }
}

export function selfAt(address: string, { http, tftp }: Pick<DoctorOptions, 'http' | 'tftp'>): Self {
  const hostOf = (end: Endpoint): string => (isIP(end.host ?? '') === 0 ? address : end.host!)
  return {
    address,
    httpUrl: http === false ? undefined : baseUrl('http', hostOf(http), http.port),
    tftpUrl: tftp === false ? undefined : baseUrl('tftp', hostOf(tftp), tftp.port),
    firmwareTftp: tftp !== false && tftp.port === TFTP_PORT,
  }
}

/** @throws IpxetoolError `no-such-interface`, `bad-allow` (exit code 2) */
export async function examine(options: DoctorOptions): Promise<Diagnosis> {
  const { root, http, tftp, proxy } = options
  const findings: Finding[] = await inspectTree(root, proxy.script ?? 'boot.ipxe')
  const interfaces = placesOf(proxy, findings)
  findings.push(...(await inspectPorts(http, tftp)))
  const served = {
    http: http === false ? undefined : http.port,
    tftp: tftp === false ? undefined : tftp.port,
    transfers:
      tftp === false || tftp.singlePort === true ? undefined : (tftp.portRange ?? (await transferPorts())),
  }
  findings.push(...(await inspectFirewall(served, interfaces, options.run ?? runProgram)))
  const offers: (Offer & { interface: string })[] = []
  for (const on of options.ask ? interfaces : []) {
    const asked = await askNetwork(on)
    findings.push(...judge(on, asked))
    if (asked.ok) offers.push(...asked.offers.map((offer) => ({ ...offer, interface: on.name })))
  }
  const address = interfaces[0]?.address ?? '192.0.2.1'
  return { findings, machines: dryRun(policyFor(root, proxy), selfAt(address, options)), offers }
}

function placesOf({ interfaces = [] }: ProxyDhcpOptions, findings: Finding[]): NetworkInterface[] {
  try {
    const chosen = chooseInterfaces(interfaces)
    for (const { name, address, netmask } of chosen) {
      findings.push({ area: 'address', level: 'ok', what: `${name} has ${address}, netmask ${netmask}` })
    }
    return chosen
  } catch (error) {
    if (!(error instanceof IpxetoolError) || interfaces.length > 0) throw error
    findings.push({
      area: 'address',
      level: error.code === 'which-interface' ? 'warning' : 'problem',
      what: error.message,
      fix: error.hint,
    })
    return []
  }
}

async function inspectPorts(http: Endpoint | false, tftp: Endpoint | false): Promise<Finding[]> {
  const findings: Finding[] = []
  const isRunning = http !== false && (await answers(http))
  const add = (level: Finding['level'], what: string, fix?: string): void => {
    findings.push({ area: 'port', level, what, fix })
  }
  if (isRunning) add('ok', `ipxetool serve is running on HTTP port ${http.port}`)
  const ports = [
    ...(http === false ? [] : [{ name: 'HTTP', protocol: 'tcp', ...http } as const]),
    ...(tftp === false ? [] : [{ name: 'TFTP', protocol: 'udp', ...tftp } as const]),
    { name: 'DHCP', protocol: 'udp', port: DHCP_PORT, host: undefined } as const,
    { name: 'PXE', protocol: 'udp', port: PXE_PORT, host: undefined } as const,
  ]
  for (const { name, protocol, port, host } of ports) {
    const { state, owner, code = '' } = await portState(protocol, port, host)
    const where = `${name} port ${port}`
    if (state === 'free') add('ok', `${where} is free`)
    else if (state === 'taken' && isRunning && name === 'HTTP') continue
    else if (state === 'taken') {
      const by = owner === undefined ? 'another program' : owner
      if (isRunning) add('ok', `${where} is taken by ${by}`)
      else if (name === 'DHCP') {
        add(
          'warning',
          `${where} is taken by ${by}: a DHCP server on this machine`,
          'dnsmasq with `bind-interfaces` shares it with --proxy-dhcp; into others put the lines of `ipxetool dhcp KIND`',
        )
      } else add('problem', `${where} is taken by ${by}`, `stop it, or name another port`)
    } else if (state === 'forbidden') {
      const level = name === 'HTTP' ? 'problem' : 'warning'
      add(
        level,
        `${where} may not be opened by this user`,
        'run as root, or let systemd open the ports: `ipxetool serve --print-units`',
      )
    } else add('unknown', `${where} could not be tried (${code})`)
  }
  if (tftp !== false && tftp.port !== TFTP_PORT) {
    add(
      'warning',
      `firmware asks for TFTP on port ${TFTP_PORT} only, not on ${tftp.port}`,
      `--tftp ${TFTP_PORT}`,
    )
  }
  return findings
}

async function answers({ port, host = '127.0.0.1' }: Endpoint): Promise<boolean> {
  try {
    const answer = await fetch(`http://${host.includes(':') ? `[${host}]` : host}:${port}/_/health`, {
      signal: AbortSignal.timeout(1000),
    })
    return ((await answer.json()) as { status?: unknown } | null)?.status === 'ok'
  } catch {
    return false
  }
}

function judge({ name, address }: NetworkInterface, asked: Asked): Finding[] {
  const finding = (level: Finding['level'], what: string, fix?: string): Finding => {
    return { area: 'network', level, what: `${name}: ${what}`, fix }
  }
  if (!asked.ok) {
    const why = ['EACCES', 'EPERM'].includes(asked.code)
      ? 'only root may send from port 68'
      : asked.code === 'EADDRINUSE'
        ? 'the DHCP client of this machine has port 68'
        : asked.code
    return [finding('unknown', `who answers DHCP could not be asked: ${why}`)]
  }
  const findings: Finding[] = []
  const lenders = [
    ...new Set(asked.offers.filter(({ lease }) => lease !== undefined).map(({ server }) => server)),
  ]
  if (lenders.length === 0) {
    findings.push(
      finding(
        'warning',
        'no DHCP server answers: machines would get no address',
        'is this the network of the machines?',
      ),
    )
  } else findings.push(finding('ok', `addresses come from ${lenders.join(', ')}`))
  if (lenders.length > 1) {
    findings.push(
      finding(
        'warning',
        `${lenders.length} DHCP servers answer: ${lenders.join(', ')}`,
        'switch off all but one',
      ),
    )
  }
  for (const offer of asked.offers) {
    const isOurs = offer.server === address
    if (offer.file === undefined && !offer.isPxe) continue
    const what = `${offer.server} tells ${offer.kind} machines to load ${offer.file ?? 'what it names on port 4011'}`
    if (isOurs)
      findings.push(
        finding('ok', `this machine answers ${offer.kind} machines (${offer.file ?? 'on port 4011'})`),
      )
    else {
      const from = offer.next === undefined || offer.next === offer.server ? '' : ` from ${offer.next}`
      findings.push(
        finding(
          'warning',
          `${what}${from}`,
          'with two boot servers chance decides: take its boot options out, or leave out --proxy-dhcp here',
        ),
      )
    }
  }
  return findings
}
