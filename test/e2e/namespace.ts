/**
 * Two network namespaces joined by a cable: in "wire" a bridge with the machine's tap and the DHCP server, in
 * "server" ours. They have no name: each is held by one `cat` that ends with our end of its pipe, so nothing is
 * left behind even when this process is killed, and parallel runs cannot meet.
 */
import { findCommand } from '../../scripts/system-packages.mjs'
import { Cleanup } from './cleanup.js'
import { run, start, until } from './processes.js'
import type { Place } from './processes.js'

export const WIRE_ADDRESS = '10.77.0.1'
export const SERVER_ADDRESS = '10.77.0.2'
export const BRIDGE = 'br0'
export const TAP = 'tap0'

export interface Lan {
  readonly wire: Place
  readonly server: Place
}

export async function makeLan(cleanup: Cleanup): Promise<Lan> {
  const [wire, server] = await Promise.all([makeNamespace(cleanup, 'wire'), makeNamespace(cleanup, 'server')])
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
  return { wire, server }
}

interface Namespace extends Place {
  readonly pid: number
}

async function makeNamespace(cleanup: Cleanup, name: string): Promise<Namespace> {
  const holder = start(cleanup, {
    name: `the holder of namespace "${name}"`,
    command: 'unshare',
    args: ['--net', '--', 'cat'],
  })
  // cat's echo says that unshare is done.
  holder.write('ready\n')
  await until(
    () => (holder.log().includes('ready') ? true : undefined),
    10,
    () => `a network namespace was not ready within 10 s: ${holder.log().trim()}`,
    () => (holder.hasExited() ? holder.log().trim() : undefined),
  )
  const prefix = [findCommand('nsenter') ?? 'nsenter', '--net', `--target=${holder.pid}`, '--']
  return { pid: holder.pid, prefix }
}

/** Why this process cannot make a network with a tap in it, or undefined when it can. */
export async function whyNoLan(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'network namespaces need Linux'
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  const cleanup = new Cleanup()
  try {
    await makeLan(cleanup)
    return undefined
  } catch (error) {
    return `no network namespace: ${firstLine(error)}`
  } finally {
    await cleanup.close()
  }
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.split('\n').slice(0, 2).join(' ')
}
