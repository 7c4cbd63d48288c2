/**
 * The sockets of the proxy. Node tells neither by which interface a packet came nor lets a socket be tied to one, so:
 *
 * - one socket on 255.255.255.255:67 hears what is broadcast on any interface, and nothing else. On 0.0.0.0 it would
 *   take away what is sent to a DHCP server on this machine.
 * - for each interface that was named, a socket on its address: what it broadcasts leaves by that interface (Linux
 *   routes limited broadcasts by the source address), and relays reach it.
 * - one on its port 4011.
 *
 * Or systemd opens them, each tied to its interface by the kernel (`BindToDevice=`).
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { IpxetoolError } from '../../diagnostics/error.js'
import { errorCode } from '../tree.js'
import type { NetworkInterface } from './interfaces.js'

export const DHCP_PORT = 67
export const PXE_PORT = 4011

/** A socket that somebody else has opened, as file descriptor. */
export interface PassedSocket {
  readonly fd: number
  readonly port: number
  /** What it is tied to. */
  readonly interface: string
}

export interface Heard {
  readonly bytes: Uint8Array
  readonly from: RemoteInfo
  readonly port: number
  /** Undefined where a broadcast may have come by any. */
  readonly interface: NetworkInterface | undefined
}

export interface ProxySockets {
  /** From an interface, with the source port that the client called. */
  send(bytes: Uint8Array, port: number, via: NetworkInterface, to: { address: string; port: number }): void
  /** Another program on this machine is the DHCP server; relays reach that one. */
  readonly shared: boolean
  close(): Promise<void>
}

export interface OpenOptions {
  readonly interfaces: readonly NetworkInterface[]
  readonly passed: readonly PassedSocket[]
  readonly onHeard: (heard: Heard) => void
  readonly onProblem: (reason: string) => void
}

/** A rack that is switched on at once. */
const RECEIVE_BUFFER = 1024 * 1024

/**
 * @throws IpxetoolError `port-in-use`, `port-permission`, `listen-failed`
 */
export async function openSockets(options: OpenOptions): Promise<ProxySockets> {
  const open: Socket[] = []
  const senders = new Map<string, Socket>()
  const key = (port: number, name: string): string => `${port} ${name}`
  const listenTo = (socket: Socket, port: number, on: NetworkInterface | undefined): void => {
    socket.on('message', (bytes, from) => {
      options.onHeard({ bytes, from, port, interface: on })
    })
  }
  const take = (socket: Socket): Socket => {
    open.push(socket)
    socket.on('error', (error) => {
      options.onProblem(error.message)
    })
    try {
      socket.setRecvBufferSize(RECEIVE_BUFFER)
    } catch {
      // A wish, not a need.
    }
    return socket
  }
  /** Where a socket that is only for broadcasts cannot send: its source address is the system's choice. */
  let unicast: Socket | undefined
  let shared = false

  try {
    for (const { fd, port, interface: name } of options.passed) {
      const on = options.interfaces.find((one) => one.name === name)
      if (on === undefined) continue
      const socket = take(await bind({ fd }, `the socket for ${name}, port ${port}`))
      socket.setBroadcast(true)
      listenTo(socket, port, on)
      senders.set(key(port, name), socket)
    }
    const rest = options.interfaces.filter(({ name }) => !senders.has(key(DHCP_PORT, name)))
    if (rest.length > 0) {
      shared = await isTaken()
      unicast = take(await bind({ address: '255.255.255.255', port: DHCP_PORT, shared: true }, 'port 67'))
      unicast.setBroadcast(true)
      listenTo(unicast, DHCP_PORT, undefined)
    }
    for (const on of rest) {
      const where = `${on.name}, address ${on.address}, port ${DHCP_PORT}`
      const socket = take(await bind({ address: on.address, port: DHCP_PORT, shared: true }, where))
      socket.setBroadcast(true)
      if (shared) await connect(socket)
      else listenTo(socket, DHCP_PORT, on)
      senders.set(key(DHCP_PORT, on.name), socket)
    }
    for (const on of options.interfaces.filter(({ name }) => !senders.has(key(PXE_PORT, name)))) {
      const where = `${on.name}, address ${on.address}, port ${PXE_PORT}`
      const socket = take(await bind({ address: on.address, port: PXE_PORT, shared: false }, where))
      listenTo(socket, PXE_PORT, on)
      senders.set(key(PXE_PORT, on.name), socket)
    }
  } catch (error) {
    await Promise.all(open.map(closed))
    throw error
  }

  return {
    shared,
    send(bytes, port, via, to) {
      const done = (error: Error | null): void => {
        if (error) options.onProblem(`no answer left by ${via.name} to ${to.address}: ${errorCode(error)}`)
      }
      const socket = senders.get(key(port, via.name))
      try {
        // A connected socket has one destination, which is everybody.
        if (shared && port === DHCP_PORT && unicast !== undefined) {
          if (to.address === EVERYBODY) socket?.send(bytes, done)
          else unicast.send(bytes, to.port, to.address, done)
        } else socket?.send(bytes, to.port, to.address, done)
      } catch (error) {
        done(error as Error)
      }
    },
    async close() {
      await Promise.all(open.map(closed))
    },
  }
}

const EVERYBODY = '255.255.255.255'

/** Whether another program has port 67: only taking it without sharing tells. */
async function isTaken(): Promise<boolean> {
  const probe = createSocket('udp4')
  const code = await new Promise<string | undefined>((resolve) => {
    probe.once('error', (error) => {
      resolve(errorCode(error))
    })
    probe.bind({ port: DHCP_PORT, address: '0.0.0.0', exclusive: true }, () => {
      resolve(undefined)
    })
  })
  await closed(probe)
  return code === 'EADDRINUSE'
}

/** So that it takes no packets that are meant for the DHCP server. */
function connect(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.connect(68, EVERYBODY, (error?: Error) => {
      if (error) reject(error)
      else resolve()
    })
  })
}

type Place =
  { readonly fd: number } | { readonly address: string; readonly port: number; readonly shared: boolean }

function bind(place: Place, where: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({
      type: 'udp4',
      reuseAddr: 'shared' in place && place.shared,
      // Only ever given addresses: the system's resolver has no part in it.
      lookup: (hostname, _options, callback) => {
        callback(null, hostname, 4)
      },
    })
    const failed = (error: Error): void => {
      socket.close()
      reject(refusal(where, error))
    }
    socket.once('error', failed)
    const ready = (): void => {
      socket.removeListener('error', failed)
      resolve(socket)
    }
    if ('fd' in place) socket.bind({ fd: place.fd }, ready)
    else socket.bind({ address: place.address, port: place.port, exclusive: true }, ready)
  })
}

function refusal(where: string, cause: unknown): IpxetoolError {
  const code = errorCode(cause)
  switch (code) {
    case 'EADDRINUSE':
      return new IpxetoolError('port-in-use', `proxyDHCP: ${where}: another program has it for itself`, {
        hint:
          'is it a DHCP server? dnsmasq shares the port with `bind-interfaces`; others cannot, so give that one the ' +
          'lines of `ipxetool dhcp KIND` instead of --proxy-dhcp, or run one of the two on another machine',
        cause,
      })
    case 'EACCES':
    case 'EPERM':
      return new IpxetoolError('port-permission', `proxyDHCP: ${where}: no permission to open it`, {
        hint:
          'run as root, let systemd open the ports (`ipxetool serve --print-units`), or give node the right to: ' +
          'setcap cap_net_bind_service=+ep "$(readlink -f "$(command -v node)")"',
        cause,
      })
    default:
      return new IpxetoolError('listen-failed', `proxyDHCP: ${where}: could not be opened (${code})`, {
        cause,
      })
  }
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.close(() => {
      resolve()
    })
  })
}
