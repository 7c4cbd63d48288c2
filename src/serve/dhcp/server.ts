/** The proxy at work: packets in, the policy's answers out, an event for each. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { type OnEvent, peer } from '../events.js'
import { describe } from './client.js'
import { isInNetwork, type NetworkInterface } from './interfaces.js'
import { decodePacket, encodePacket, messageName, NO_ADDRESS } from './packet.js'
import { type Decision, Policy, type PolicyOptions, type Self } from './policy.js'
import { type Heard, openSockets, type PassedSocket, type ProxySockets } from './sockets.js'

export interface ProxyServerOptions {
  /** The output tree, where loaders are looked for. */
  readonly root: string
  readonly interfaces: readonly NetworkInterface[]
  readonly passed: readonly PassedSocket[]
  /** This server as the network of that interface sees it. */
  readonly selfOn: (on: NetworkInterface) => Self
  readonly policy: Omit<PolicyOptions, 'has'>
  readonly onEvent: OnEvent
}

export interface ProxyServer {
  readonly policy: Policy
  readonly shared: boolean
  close(): Promise<void>
}

/** @throws as {@link openSockets} */
export async function startProxyServer(options: ProxyServerOptions): Promise<ProxyServer> {
  const server = new Server(options)
  const sockets = await openSockets({
    interfaces: options.interfaces,
    passed: options.passed,
    onHeard: (heard) => {
      server.receive(heard)
    },
    onProblem: (reason) => {
      options.onEvent({ type: 'server-problem', protocol: 'dhcp', reason })
    },
  })
  server.sockets = sockets
  return { policy: server.policy, shared: sockets.shared, close: () => sockets.close() }
}

class Server {
  readonly policy: Policy
  sockets: ProxySockets | undefined
  readonly #options: ProxyServerOptions

  constructor(options: ProxyServerOptions) {
    this.#options = options
    this.policy = new Policy({ ...options.policy, has: finder(options.root) })
  }

  receive({ bytes, from, port, interface: on }: Heard): void {
    const { onEvent, interfaces, selfOn } = this.#options
    if (from.port === 0) return
    const client = peer(from.address, from.port)
    const decoded = decodePacket(bytes)
    if (!decoded.ok) {
      onEvent({ type: 'garbage', protocol: 'dhcp', client, reason: decoded.problem })
      return
    }
    const { packet } = decoded
    const now = performance.now()
    const within =
      from.address === NO_ADDRESS ? [] : interfaces.filter((one) => isInNetwork(from.address, one))
    // A machine without an address may be on any of them. Its answer goes to each, and only there it is waited for.
    const places = on !== undefined ? [on] : within.length > 0 ? within : interfaces
    let told: Decision | undefined
    const sent: string[] = []
    for (const place of places) {
      const decision = this.policy.decide({ packet, port, from, now }, selfOn(place))
      told ??= decision
      if (decision.kind === 'silent') continue
      this.sockets?.send(encodePacket(decision.packet), port, place, decision.to)
      sent.push(place.name)
    }
    if (told === undefined || (told.kind === 'silent' && told.ordinary)) return
    onEvent({
      type: 'dhcp',
      protocol: 'dhcp',
      client,
      port,
      message: messageName(told.client.type),
      machine: describe(told.client),
      xid: packet.xid,
      secs: packet.secs,
      stage: told.stage,
      reason: told.reason,
      ...(told.kind === 'silent'
        ? { outcome: 'silent' }
        : { outcome: told.type, form: told.form, file: told.file, interface: sent.join(' ') }),
    })
  }
}

/** A tree is built again now and then, and a rack that boots asks many times a second. */
const FRESH_MS = 1000

function finder(root: string): (file: string) => boolean {
  const known = new Map<string, { at: number; there: boolean }>()
  return (file) => {
    const now = performance.now()
    const before = known.get(file)
    if (before !== undefined && now - before.at < FRESH_MS) return before.there
    let there = false
    try {
      there = statSync(join(root, file), { throwIfNoEntry: false })?.isFile() ?? false
    } catch {
      // Not readable: TFTP could not send it either.
    }
    known.set(file, { at: now, there })
    return there
  }
}
