/**
 * Two network namespaces joined by a cable: in "wire" a bridge with the machine's tap and the DHCP server, in
 * "server" ours. They have no name: each is held by one `cat` that ends with our end of its pipe, so nothing is
 * left behind even when this process is killed, and parallel runs cannot meet. Root is not needed where the system
 * lets people make user namespaces.
 */
import { findCommand } from '../../scripts/system-packages.mjs'
import { Cleanup } from './cleanup.js'
import { run, start, until } from './processes.js'
import type { Place, Running } from './processes.js'

export const WIRE_ADDRESS = '10.77.0.1'
export const SERVER_ADDRESS = '10.77.0.2'
export const BRIDGE = 'br0'
export const TAP = 'tap0'

export interface Lan {
  readonly wire: Namespace
  readonly server: Namespace
  /** A third one, not yet on any cable. */
  another(name: string): Promise<Namespace>
}

export async function makeLan(cleanup: Cleanup): Promise<Lan> {
  const where = await privileges(cleanup)
  const [wire, server] = await Promise.all([
    makeNamespace(cleanup, 'wire', where),
    makeNamespace(cleanup, 'server', where),
  ])
  const on = async (place: Place, ...args: string[]): Promise<void> => {
    await run('ip', args, place)
  }
  await on(wire, 'link', 'set', 'lo', 'up')
  await on(server, 'link', 'set', 'lo', 'up')
  await on(wire, 'link', 'add', BRIDGE, 'type', 'bridge', 'stp_state', '0', 'forward_delay', '0')
  await on(wire, 'addr', 'add', `${WIRE_ADDRESS}/24`, 'dev', BRIDGE)
  // Without nodad the address is tentative for two seconds and no router advertisement leaves.
  await on(wire, 'addr', 'add', 'fd77::1/64', 'dev', BRIDGE, 'nodad')
  await on(wire, 'link', 'set', BRIDGE, 'up')
  await on(wire, 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1', 'netns', String(server.pid))
  await on(wire, 'link', 'set', 'v0', 'master', BRIDGE, 'up')
  await on(server, 'addr', 'add', `${SERVER_ADDRESS}/24`, 'dev', 'v1')
  await on(server, 'link', 'set', 'v1', 'up')
  await on(wire, 'tuntap', 'add', TAP, 'mode', 'tap')
  await on(wire, 'link', 'set', TAP, 'master', BRIDGE, 'up')
  return { wire, server, another: (name) => makeNamespace(cleanup, name, where) }
}

export interface Namespace extends Place {
  /** The process that holds it. */
  readonly pid: number
}

/**
 * Where namespaces can be made: here when we are root, else in a user namespace in which we are. Both namespaces of
 * a cable must be in the same one.
 */
async function privileges(cleanup: Cleanup): Promise<Place & { readonly options: readonly string[] }> {
  if (process.getuid?.() === 0) return { prefix: [], options: [] }
  const holder = await hold(cleanup, 'user namespace', [], ['--user', '--map-root-user'])
  const options = ['--user', '--preserve-credentials']
  return { prefix: [nsenter(), ...options, `--target=${holder.pid}`, '--'], options }
}

async function makeNamespace(
  cleanup: Cleanup,
  name: string,
  { prefix, options }: Awaited<ReturnType<typeof privileges>>,
): Promise<Namespace> {
  const { pid } = await hold(cleanup, `namespace "${name}"`, prefix, ['--net'])
  return { pid, prefix: [nsenter(), ...options, '--net', `--target=${pid}`, '--'] }
}

/** Starts a process that does nothing but hold the new namespaces that `kinds` names. */
async function hold(
  cleanup: Cleanup,
  name: string,
  prefix: readonly string[],
  kinds: readonly string[],
): Promise<Running> {
  const holder = start(cleanup, {
    name: `the holder of ${name}`,
    command: 'unshare',
    args: [...kinds, '--', 'cat'],
    place: { prefix },
  })
  // cat's echo says that unshare is done.
  holder.write('ready\n')
  await until(
    () => (holder.log().includes('ready') ? true : undefined),
    10,
    () => `${holder.name} was not ready within 10 s: ${holder.log().trim()}`,
    () => (holder.hasExited() ? 'it has ended' : undefined),
  )
  return holder
}

function nsenter(): string {
  return findCommand('nsenter') ?? 'nsenter'
}

/** Why this process cannot make a network with a tap in it, or undefined when it can: only trying tells. */
export async function whyNoLan(): Promise<string | undefined> {
  const cleanup = new Cleanup()
  try {
    await makeLan(cleanup)
    return undefined
  } catch (error) {
    const who = process.getuid?.() === 0 ? 'root' : 'not root'
    return `no network namespace with a tap (${who}): ${(error as Error).message.split('\n')[0]}`
  } finally {
    await cleanup.close()
  }
}
