/**
 * The way from one transfer to its client: a socket of its own (RFC 1350 section 4: a new port for each transfer), or
 * the socket that all share in single-port mode.
 */
import type { RemoteInfo, Socket } from 'node:dgram'
import { errorCode } from '../tree.js'
import { decodePacket, encodePacket, ErrorCode } from './packet.js'

export interface Tid {
  /** Exactly as the socket reported it. */
  readonly address: string
  readonly port: number
}

export interface Channel {
  /**
   * Sends one packet. Nothing to do when that fails: a full queue or a route that is gone looks like loss, and the
   * timer deals with loss.
   *
   * @param explain find out what goes wrong with it, for {@link problem}; costs time
   * @returns true when the octets may be overwritten
   */
  send(packet: Uint8Array, explain: boolean): boolean
  /** Why the last explained packet could not be sent. */
  readonly problem: string | undefined
  close(): void
}

class UdpChannel implements Channel {
  problem: string | undefined
  readonly #socket: Socket
  readonly #client: Tid
  readonly #explained = (error: Error | null): void => {
    this.problem = error === null ? undefined : errorCode(error)
  }

  constructor(socket: Socket, client: Tid) {
    this.#socket = socket
    this.#client = client
  }

  send(packet: Uint8Array, explain: boolean): boolean {
    const { address, port } = this.#client
    this.#socket.send(packet, port, address, explain ? this.#explained : undefined)
    // Node hands a packet to the system at once, unless the queue of the socket is full.
    return this.#socket.getSendQueueCount() === 0
  }

  close(): void {
    // Not here: the socket is not ours alone.
  }
}

class OwnSocketChannel extends UdpChannel {
  readonly #own: Socket

  constructor(socket: Socket, client: Tid) {
    super(socket, client)
    this.#own = socket
  }

  override close(): void {
    this.#own.close()
  }
}

/** In single-port mode: replies leave from the port that was called. */
export function sharedChannel(socket: Socket, client: Tid): Channel {
  return new UdpChannel(socket, client)
}

/** @param receive what the client sends; strangers are answered here and do not disturb the transfer */
export function ownChannel(socket: Socket, client: Tid, receive: (bytes: Uint8Array) => void): Channel {
  const channel = new OwnSocketChannel(socket, client)
  socket.on('message', (bytes, from) => {
    if (from.port === client.port && from.address === client.address) receive(bytes)
    else answerStranger(socket, bytes, from)
  })
  socket.on('error', (error) => {
    channel.problem = errorCode(error)
  })
  return channel
}

function answerStranger(socket: Socket, bytes: Uint8Array, from: RemoteInfo): void {
  // Nobody can be answered on port 0 (RFC 768: no reply wanted); Node throws when asked to.
  if (from.port === 0) return
  const decoded = decodePacket(bytes)
  // RFC 1350 section 4: the stranger is told. An ERROR is never answered.
  if (!decoded.ok || decoded.packet.kind === 'error') return
  const code = ErrorCode.unknownTransferId
  const reply = encodePacket({ kind: 'error', code, message: 'Unknown transfer ID' })
  socket.send(reply, from.port, from.address, () => undefined)
}
