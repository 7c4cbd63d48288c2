/** UDP sockets for TFTP: where requests come in, and one more for each transfer. */
import { createSocket, type Socket, type SocketType } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { errorCode } from '../tree.js'

export interface Listener {
  readonly socket: Socket
  readonly type: SocketType
  /** The address it is bound to; transfers are bound to the same. */
  readonly address: string
  readonly port: number
}

/** A burst of requests (a rack powered on at once) waits here while the event loop is busy with a file. */
const RECEIVE_BUFFER = 1024 * 1024

/**
 * Opens the listening sockets; the first is the one to name to people.
 *
 * @param host undefined: every address, IPv6 and IPv4 where the system can, else IPv4
 */
export async function listen(host: string | undefined, port: number): Promise<readonly Listener[]> {
  if (host !== undefined) return [listener(await bind(typeOf(host), host, port))]
  return listenEverywhere(port)
}

/**
 * One socket for each address of this machine, and one for all of them. A client takes an answer only from the
 * address it called, and a socket bound to all addresses cannot tell which one that was; the kernel prefers the
 * most exact socket, so the wildcard only sees addresses that came up after the start.
 */
async function listenEverywhere(port: number): Promise<Listener[]> {
  // Alone first: sockets that share a port would share it with another server's just as gladly.
  const alone = await bindAny(port, false)
  const { port: found, family } = alone.address()
  await closed(alone)
  const all = listener(await bindAny(found, true))
  const exact: Listener[] = []
  for (const address of ownAddresses()) {
    const type = typeOf(address)
    if (type === 'udp6' && family !== 'IPv6') continue
    try {
      exact.push(listener(await bind(type, address, found, true)))
    } catch {
      // Not every system lets an exact address share the port; the wildcard serves it too.
    }
  }
  return [all, ...exact]
}

function ownAddresses(): string[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.map(({ address }) => (/^fe80:/i.test(address) ? `${address}%${name}` : address)),
  )
}

function listener(socket: Socket): Listener {
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER)
  } catch {
    // A wish, not a need.
  }
  const { address, port, family } = socket.address()
  return { socket, type: family === 'IPv6' ? 'udp6' : 'udp4', address, port }
}

/** A socket with a port of its own on the address of `listener`. */
export async function bindTransferSocket(
  listener: Pick<Listener, 'type' | 'address'>,
  portRange: readonly [number, number] | undefined,
): Promise<Socket> {
  if (portRange === undefined) return bind(listener.type, listener.address, 0)
  const [first, last] = portRange
  const count = last - first + 1
  // From a random place: with a fixed one, every search would walk over the ports in use.
  const start = Math.floor(Math.random() * count)
  for (let i = 0; i < count; i++) {
    try {
      return await bind(listener.type, listener.address, first + ((start + i) % count))
    } catch (error) {
      if (errorCode(error) !== 'EADDRINUSE') throw error
    }
  }
  throw Object.assign(new Error('every port of the transfer range is in use'), { code: 'EADDRINUSE' })
}

async function bindAny(port: number, shared: boolean): Promise<Socket> {
  try {
    return await bind('udp6', '::', port, shared)
  } catch (error) {
    if (!['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'].includes(errorCode(error))) throw error
    return bind('udp4', '0.0.0.0', port, shared)
  }
}

function typeOf(host: string): SocketType {
  return isIPv6(host.replace(/%.*$/, '')) ? 'udp6' : 'udp4'
}

function bind(type: SocketType, address: string, port: number, shared = false): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({
      type,
      reuseAddr: shared,
      // Only ever given addresses, and asked for each packet sent: the system's resolver has no part in it.
      lookup: (hostname, _options, callback) => {
        callback(null, hostname, type === 'udp6' ? 6 : 4)
      },
    })
    const failed = (error: Error): void => {
      socket.close()
      reject(error)
    }
    socket.once('error', failed)
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeListener('error', failed)
      resolve(socket)
    })
  })
}

export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.close(() => {
      resolve()
    })
  })
}
