/**
 * Keeps what machines and this server say to each other by UDP, for `ipxetool doctor FILE` and for Wireshark. Node tells
 * of each socket that is made (diagnostics channel `udp.socket`), so that the servers themselves know nothing of it.
 */
import type { Socket } from 'node:dgram'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { closeSync, openSync, writeSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { IpxetoolError } from '../../diagnostics/error.js'
import { peer } from '../events.js'
import { errorCode } from '../tree.js'
import { type Datagram, pcapHeader, pcapRecord } from './pcap.js'

export interface Recorder {
  close(): void
}

export interface RecordOptions {
  readonly file: string
  /** It has ended before its time: a full disk, or it is large enough. */
  readonly onEnd: (reason: string) => void
  /** Octets. */
  readonly limit?: number | undefined
}

const LIMIT = 256 * 1024 * 1024
/** Of a block of a file the beginning tells enough; requests and DHCP are shorter. */
const LONG = 700
const KEPT = 64

/**
 * Records the sockets that are made from now on.
 *
 * @throws IpxetoolError `record-not-written`
 */
export function startRecorder({ file, onEnd, limit = LIMIT }: RecordOptions): Recorder {
  let descriptor: number | undefined
  let written = 0
  try {
    // what machines say is nobody else's business
    descriptor = openSync(file, 'w', 0o600)
  } catch (error) {
    throw new IpxetoolError(
      'record-not-written',
      `--record ${file} cannot be written (${errorCode(error)})`,
      {
        hint: 'name a file in a folder that this user may write to',
        cause: error,
      },
    )
  }

  const end = (): void => {
    unsubscribe('udp.socket', note)
    if (descriptor !== undefined) closeSync(descriptor)
    descriptor = undefined
  }
  const put = (bytes: Uint8Array | undefined): void => {
    if (bytes === undefined || descriptor === undefined) return
    try {
      // at once: it is all there also when this process is killed
      writeSync(descriptor, bytes)
      written += bytes.length
      if (written < limit) return
      onEnd(`the recording ${file} has ${Math.round(limit / 2 ** 20)} MiB and ends`)
    } catch (error) {
      onEnd(`the recording ${file} ends: ${errorCode(error)}`)
    }
    end()
  }
  const keep = (datagram: Datagram): void => {
    put(pcapRecord(datagram, datagram.bytes.length > LONG ? KEPT : undefined))
  }
  const note = (message: unknown): void => {
    tap((message as { socket: Socket }).socket, keep)
  }
  put(pcapHeader())
  subscribe('udp.socket', note)
  return { close: end }
}

function tap(socket: Socket, keep: (datagram: Datagram) => void): void {
  const own = (other: string): Datagram['to'] => {
    try {
      const { address, port } = socket.address()
      return { address: besides(other, address), port }
    } catch {
      return { address: besides(other, '::'), port: 0 }
    }
  }
  socket.on('message', (bytes, { address, port }) => {
    const from = { address: plain(address), port }
    keep({ at: Date.now(), from, to: own(from.address), bytes })
  })
  const send = socket.send.bind(socket) as (...values: unknown[]) => void
  socket.send = ((...values: unknown[]): void => {
    send(...values)
    const [bytes, port, address] = values
    if (!(bytes instanceof Uint8Array)) return
    const to =
      typeof port === 'number' && typeof address === 'string'
        ? { address: plain(address), port }
        : connected(socket)
    if (to !== undefined) keep({ at: Date.now(), from: own(to.address), to, bytes })
  }) as Socket['send']
}

function connected(socket: Socket): Datagram['to'] | undefined {
  try {
    const { address, port } = socket.remoteAddress()
    return { address: plain(address), port }
  } catch {
    return undefined
  }
}

/** A client of IPv4 on a socket for both is shown as one of IPv4. */
function plain(address: string): string {
  return peer(address, 0).address
}

/** Our address towards that one: a socket for all addresses of both families has `::`. */
function besides(other: string, own: string): string {
  const address = plain(own)
  return isIPv4(other) && address === '::' ? '0.0.0.0' : address
}
