/**
 * `serve --dhcp dnsmasq`: a real DHCP server for a bench that has none. dnsmasq hands out addresses and nothing else; what
 * to boot is the proxy's business.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { IpxetoolError } from '../diagnostics/error.js'
import { formatAddress, parseAddress, parseRange } from '../dhcp-config/addresses.js'
import type { Subnet } from '../dhcp-config/types.js'
import { chooseInterfaces, type NetworkInterface } from '../serve/dhcp/interfaces.js'
import { askNetwork } from '../serve/doctor/ask.js'
import { ExitCode } from './exit-codes.js'
import { besides } from '../files/thread.js'

export interface DhcpCommandOptions {
  /** `dnsmasq` */
  readonly dhcp?: string
  /** `FIRST-LAST` */
  readonly dhcpRange?: string
  readonly interface?: readonly string[]
}

export interface AddressServer {
  readonly interface: NetworkInterface
  readonly range: readonly [string, string]
  /** Resolves with a reason when dnsmasq cannot be kept running; never when it was stopped. */
  readonly ended: Promise<string>
  stop(): Promise<void>
}

const READY_MS = 10_000
/** dnsmasq itself waits for three seconds when it pings an address before it lends it. */
const ASK_MS = 3500

/**
 * Starts dnsmasq on the one interface that was named, unless somebody else hands out addresses there.
 *
 * @param say gets each line of dnsmasq
 * @throws IpxetoolError `which-interface`, `bad-range` (exit code 2), `dhcp-server-there`, `no-dnsmasq`, `dnsmasq-failed`
 */
export async function startAddressServer(
  options: DhcpCommandOptions,
  say: (line: string) => void,
): Promise<AddressServer | undefined> {
  if (options.dhcp === undefined) {
    if (options.dhcpRange === undefined) return undefined
    throw usage('--dhcp-range says what dnsmasq hands out, and none is started', 'add --dhcp dnsmasq')
  }
  const names = options.interface ?? []
  if (names.length !== 1) {
    throw usage('--dhcp needs the one network that it is for', 'name it: --interface NAME')
  }
  const [on] = chooseInterfaces(names)
  if (on === undefined) throw usage('--dhcp: no such network', 'name it: --interface NAME')
  const range = rangeOf(on, options.dhcpRange)
  await refuseSecond(on)
  return keepDnsmasq(on, range, say)
}

/** Two servers that lend addresses of one network break it for everybody. */
async function refuseSecond(on: NetworkInterface): Promise<void> {
  const asked = await askNetwork(on, undefined, ASK_MS)
  const other = asked.ok ? asked.offers.find(({ lease }) => lease !== undefined) : undefined
  if (other === undefined) return
  throw new IpxetoolError(
    'dhcp-server-there',
    `${other.server} hands out addresses on ${on.name} already (it would lend ${other.lease})`,
    { hint: 'leave out --dhcp, and use --proxy-dhcp beside it; --dhcp is for a network that has no server' },
  )
}

/**
 * What is handed out.
 *
 * @throws IpxetoolError `bad-range`, `bad-option` (exit code 2)
 */
export function rangeOf(on: NetworkInterface, wish: string | undefined): [string, string] {
  const mask = parseAddress(on.netmask, 'netmask')
  const prefix = Math.log2(2 ** 32 / (2 ** 32 - mask))
  const own = parseAddress(on.address, 'address')
  const size = 2 ** (32 - prefix)
  const start = own - (own % size)
  const subnet: Subnet = { address: formatAddress(start), prefix, netmask: on.netmask }
  const range = wish === undefined ? undefined : parseRange(wish, subnet, '--dhcp-range')
  if (range !== undefined) {
    const isInside = parseAddress(range[0], '') <= own && own <= parseAddress(range[1], '')
    if (isInside) {
      throw usage(`--dhcp-range ${wish}: ${on.address} in it is this machine`, 'leave it out of the range')
    }
    return range
  }
  // on the side of our own address that has more of the network: a hundred, clear of the first where there is room
  const below = own - start - 1
  const above = start + size - 2 - own
  const count = Math.min(100, Math.max(below, above))
  if (count < 1) throw usage(`${on.name} has no room for another address`, 'give it a network of its own')
  const first = above >= below ? own + 1 + Math.min(98, above - count) : own - count
  return [formatAddress(first), formatAddress(first + count - 1)]
}

async function keepDnsmasq(
  on: NetworkInterface,
  range: readonly [string, string],
  say: (line: string) => void,
): Promise<AddressServer> {
  const keeper = besides(new URL('./dnsmasq-keeper', import.meta.url))
  const loader = keeper.endsWith('.ts') ? ['--import', 'tsx'] : []
  const child = spawn(process.execPath, [...loader, keeper, ...dnsmasqCommand(on, range)], {
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  // an early end shows in the exit, not here
  child.stdin.on('error', () => undefined)
  const last: string[] = []
  let ready: () => void = () => undefined
  const isReady = new Promise<void>((resolve) => (ready = resolve))
  createInterface({ input: child.stderr }).on('line', (line) => {
    const text = line.replace(/^dnsmasq(-dhcp)?(\[\d+\])?: /, '')
    if (last.push(text) > 3) last.shift()
    if (text.includes('DHCP, IP range')) ready()
    say(text)
  })
  let stopped = false
  const exited = new Promise<void>((resolve) =>
    child.once('close', () => {
      resolve()
    }),
  )
  const ended = new Promise<string>((resolve) => {
    void exited.then(() => {
      if (!stopped) resolve(last.join('; ') || 'it said nothing')
    })
  })
  const stop = async (): Promise<void> => {
    stopped = true
    child.stdin.end()
    await exited
  }
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => {
      resolve(`it was not ready within ${READY_MS / 1000} s`)
    }, READY_MS)
  })
  const failure = await Promise.race([isReady, ended, late])
  clearTimeout(timer)
  if (failure !== undefined) {
    await stop()
    if (failure.includes('ENOENT')) {
      throw new IpxetoolError('no-dnsmasq', '--dhcp dnsmasq: dnsmasq is not installed', {
        hint: 'on Debian and Ubuntu: apt install dnsmasq-base',
      })
    }
    throw new IpxetoolError('dnsmasq-failed', `dnsmasq does not run: ${failure}`, {
      hint: 'it needs root, and port 67 that no other program keeps for itself',
    })
  }
  return { interface: on, range, ended, stop }
}

/** Nothing of the system's own configuration counts, and nothing stays on disk. */
function dnsmasqCommand({ name }: NetworkInterface, range: readonly [string, string]): string[] {
  return [
    'dnsmasq',
    '--keep-in-foreground',
    '--log-facility=-',
    '--conf-file=/dev/null',
    '--pid-file=',
    '--leasefile-ro',
    '--port=0',
    `--interface=${name}`,
    '--except-interface=lo',
    '--bind-interfaces',
    '--no-ping',
    '--dhcp-authoritative',
    `--dhcp-range=${range.join(',')},1h`,
    // iPXE waits 16 s for a router where it hears of none; this says so on a network with IPv6
    '--enable-ra',
    `--dhcp-range=::,constructor:${name},ra-only,64,1h`,
  ]
}

function usage(message: string, hint: string): IpxetoolError {
  return new IpxetoolError('bad-option', message, { exitCode: ExitCode.usage, hint })
}
