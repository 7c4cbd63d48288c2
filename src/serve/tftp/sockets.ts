/** UDP sockets for TFTP: where requests come in, and one more for each transfer. */
import { createSocket, type Socket, type SocketType } from 'node:dgram'
import { isIPv6 } from 'node:net'
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
 * Opens the listening socket.
 *
 * @param host undefined: every address, IPv6 and IPv4 through one socket where the system can, else IPv4
 */
export async function listen(host: string | undefined, port: number): Promise<readonly Listener[]> {
  const socket = host === undefined ? await bindAny(port) : await bind(typeOf(host), host, port)
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER)
  } catch {
    // A wish, not a need.
  }
  const bound = socket.address()
  return [
    { socket, type: bound.family === 'IPv6' ? 'udp6' : 'udp4', address: bound.address, port: bound.port },
  ]
}

/** A socket with a port of its own on the address of `listener`. */
export async function bindTransferSocket(
  listener: Listener,
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

async function bindAny(port: number): Promise<Socket> {
  try {
    return await bind('udp6', '::', port)
  } catch (error) {
    if (!['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'].includes(errorCode(error))) throw error
    return bind('udp4', '0.0.0.0', port)
  }
}

function typeOf(host: string): SocketType {
  return isIPv6(host.replace(/%.*$/, '')) ? 'udp6' : 'udp4'
}

function bind(type: SocketType, address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({
      type,
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
