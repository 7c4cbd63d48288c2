/**
 * The machine in a network of its own, behind a router that relays DHCP, as `ip helper-address` does on a switch, once
 * for the DHCP server and once for us. The router is "wire": the machine's bridge br1 on one side, br0 on the other.
 */
import { join } from 'node:path'
import type { Cleanup } from './cleanup.js'
import { BRIDGE, type Lan, SERVER_ADDRESS, TAP, WIRE_ADDRESS } from './namespace.js'
import { run, start, until } from './processes.js'
import type { Place, Running } from './processes.js'

export const MACHINES = { network: '10.78.0.0/24', relay: '10.78.0.1' }
const DHCP_SERVER = '10.77.0.3'

/** A dnsmasq that relays, and one that gives addresses, in a third namespace on the server's network. */
export async function startRelay(cleanup: Cleanup, lan: Lan, directory: string): Promise<void> {
  const ip = async (place: Place, ...args: string[]): Promise<void> => {
    await run('ip', args, place)
  }
  const { wire, server } = lan
  await ip(wire, 'link', 'add', 'br1', 'type', 'bridge', 'stp_state', '0', 'forward_delay', '0')
  await ip(wire, 'addr', 'add', `${MACHINES.relay}/24`, 'dev', 'br1')
  await ip(wire, 'addr', 'add', 'fd78::1/64', 'dev', 'br1', 'nodad')
  await ip(wire, 'link', 'set', 'br1', 'up')
  await ip(wire, 'link', 'set', TAP, 'master', 'br1')
  const forward = "fs.writeFileSync('/proc/sys/net/ipv4/ip_forward', '1')"
  await run(process.execPath, ['-e', forward], wire)
  await ip(server, 'route', 'add', MACHINES.network, 'via', WIRE_ADDRESS)

  const dhcp = await lan.another('dhcp')
  await ip(dhcp, 'link', 'set', 'lo', 'up')
  await ip(wire, 'link', 'add', 'd0', 'type', 'veth', 'peer', 'name', 'd1', 'netns', String(dhcp.pid))
  await ip(wire, 'link', 'set', 'd0', 'master', BRIDGE, 'up')
  await ip(dhcp, 'addr', 'add', `${DHCP_SERVER}/24`, 'dev', 'd1')
  await ip(dhcp, 'link', 'set', 'd1', 'up')
  await ip(dhcp, 'route', 'add', MACHINES.network, 'via', WIRE_ADDRESS)

  const dnsmasq = (name: string, place: Place, ...more: string[]): Running => {
    const files = [
      `--dhcp-leasefile=${join(directory, name)}`,
      `--pid-file=${join(directory, `${name}.pid`)}`,
    ]
    const args = ['--no-daemon', '--conf-file=/dev/null', '--port=0', '--bind-interfaces', '--log-dhcp']
    return start(cleanup, { name, command: 'dnsmasq', place, args: [...args, ...files, ...more] })
  }
  const giving = dnsmasq(
    'dnsmasq-gives',
    dhcp,
    '--interface=d1',
    '--no-ping',
    '--dhcp-authoritative',
    '--dhcp-range=10.78.0.100,10.78.0.150,255.255.255.0,1h',
    `--dhcp-option=option:router,${MACHINES.relay}`,
  )
  const relaying = dnsmasq(
    'dnsmasq-relays',
    wire,
    // Two, else it would tie its socket to the one and not hear the answers.
    ...['--interface=br1', `--interface=${BRIDGE}`],
    `--dhcp-relay=${MACHINES.relay},${DHCP_SERVER}`,
    `--dhcp-relay=${MACHINES.relay},${SERVER_ADDRESS}`,
    // An IPv6 prefix: without a router advertisement every automatic iPXE stage waits 16 s for one.
    ...['--enable-ra', '--dhcp-range=fd78::,ra-only,64,1h'],
  )
  for (const [one, said] of [
    [giving, 'DHCP, IP range'],
    [relaying, 'DHCP relay'],
  ] as const) {
    await until(
      () => (one.log().includes(said) ? true : undefined),
      10,
      () => `${one.name} was not ready within 10 s:\n${one.log()}`,
      () => (one.hasExited() ? `${one.name} has ended` : undefined),
    )
  }
}
