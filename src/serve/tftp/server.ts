/**
 * The TFTP sockets: one that listens, and one per transfer with a port of its own (RFC 1350 section 4). Decides
 * which requests become transfers; never writes.
 */
import type { RemoteInfo, Socket } from 'node:dgram'
import { setTimeout as sleep } from 'node:timers/promises'
import { peer, type OnEvent, type Peer } from '../events.js'
import { blksizeForPath } from '../mtu.js'
import { cleanTftpName } from '../names.js'
import { printable } from '../printable.js'
import { ANSWERS, type Refusal } from '../refusal.js'
import { errorCode, openInTree, type TreeFile } from '../tree.js'
import { Deadlines } from './deadlines.js'
import { decodePacket, encodePacket, ErrorCode, type RequestPacket } from './packet.js'
import { MAX_BLKSIZE } from './options.js'
import { ReadSession, type SessionTiming } from './session.js'
import { bindTransferSocket, closed, type Listener, listen } from './sockets.js'
import { Transfer } from './transfer.js'

export interface TftpServerOptions {
  readonly root: string
  readonly port: number
  /** Address to listen on; undefined: every address of this machine. */
  readonly host?: string | undefined
  /** Largest block ever granted; the MTU towards the client lowers it further (RFC 2348 lets a server only lower). */
  readonly blksizeMax?: number | undefined
  /** First and last port for transfers, for firewalls; undefined: any. */
  readonly portRange?: readonly [number, number] | undefined
  /** Transfers at a time. Requests above it are dropped, so that clients ask again rather than give up. */
  readonly maxTransfers?: number | undefined
  readonly timing?: Partial<SessionTiming> | undefined
  readonly onEvent: OnEvent
}

export interface TftpServer {
  readonly address: { readonly address: string; readonly port: number }
  /** Transfers that still hold a socket. */
  readonly active: number
  /** Stops listening, gives running transfers `graceMs`, then tells the rest with an ERROR. */
  close(graceMs: number): Promise<void>
}

/** One room full of machines is tens; a boot storm is thousands. */
const MAX_TRANSFERS = 4096

/**
 * @throws the system error of the socket (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`)
 */
export async function startTftpServer(options: TftpServerOptions): Promise<TftpServer> {
  const listeners = await listen(options.host, options.port)
  return new Server(options, listeners)
}

interface Request {
  readonly listener: Listener
  readonly from: RemoteInfo
  readonly packet: RequestPacket
  readonly client: Peer
  readonly path: string
}

class Server implements TftpServer {
  readonly #options: TftpServerOptions
  readonly #listeners: readonly Listener[]
  readonly #transfers = new Set<Transfer>()
  /** By address called, client TID and name; `opening` from the request until the first packet goes out. */
  readonly #byRequest = new Map<string, Transfer | 'opening'>()
  readonly #now = (): number => performance.now()
  readonly #deadlines = new Deadlines(this.#transfers, this.#now)
  #closing = false
  #full = false

  constructor(options: TftpServerOptions, listeners: readonly Listener[]) {
    this.#options = options
    this.#listeners = listeners
    for (const listener of listeners) {
      listener.socket.on('message', (bytes, from) => {
        this.#receive(listener, bytes, from)
      })
      listener.socket.on('error', (error) => {
        options.onEvent({ type: 'server-problem', protocol: 'tftp', reason: error.message })
      })
    }
  }

  get address(): { address: string; port: number } {
    const { address, port } = this.#listeners[0]!
    return { address, port }
  }

  get active(): number {
    return this.#transfers.size
  }

  async close(graceMs: number): Promise<void> {
    this.#closing = true
    await Promise.all(this.#listeners.map(({ socket }) => closed(socket)))
    const until = this.#now() + graceMs
    while (this.#busy() && this.#now() < until) await sleep(20)
    for (const transfer of [...this.#transfers]) transfer.abort('The server is being stopped')
    // `opening` ones find #closing set; each lasts no longer than a stat and a bind.
    while (this.#transfers.size > 0 || this.#byRequest.size > 0) await sleep(5)
    this.#deadlines.stop()
  }

  #busy(): boolean {
    return [...this.#transfers].some((transfer) => !transfer.session.finished)
  }

  #receive(listener: Listener, bytes: Uint8Array, from: RemoteInfo): void {
    // Port 0 is no address to answer to (RFC 768), and Node throws when asked to.
    if (this.#closing || from.port === 0) return
    const decoded = decodePacket(bytes)
    const client = peer(from.address, from.port)
    if (!decoded.ok || (decoded.packet.kind !== 'rrq' && decoded.packet.kind !== 'wrq')) {
      // No answer: it is noise, or belongs to a transfer long gone, and the sender's address may be forged.
      const reason = decoded.ok ? `stray ${decoded.packet.kind.toUpperCase()}` : decoded.problem
      this.#options.onEvent({ type: 'garbage', protocol: 'tftp', client, reason })
      return
    }
    const { packet } = decoded
    const request = { listener, from, packet, client, path: printable(packet.filename) }
    if (this.#isDuplicate(request)) return
    const { path } = request
    const method = packet.kind.toUpperCase()
    this.#options.onEvent({ type: 'request', protocol: 'tftp', client, method, path })
    const mode = packet.mode.toLowerCase()
    if (packet.kind === 'wrq') {
      this.#refuse(
        request,
        ErrorCode.accessViolation,
        'This server is read-only',
        'writes are never accepted',
      )
    } else if (mode !== 'octet' && mode !== 'netascii') {
      // Netascii goes out as octet: whoever asks for it today means "the file", and a loader would not survive
      // changed line ends.
      this.#refuse(request, ErrorCode.illegalOperation, 'Unknown mode', `mode "${printable(packet.mode)}"`)
    } else {
      void this.#open(request)
    }
  }

  /** A client that has not heard our answer repeats its request; the running session repeats the answer. */
  #isDuplicate(request: Request): boolean {
    const known = this.#byRequest.get(key(request))
    if (known === undefined) return false
    if (known === 'opening') return true
    // Machines with a fixed port ask for the same file again after a reset: that one gets a fresh transfer.
    if (!known.session.finished && !known.session.stalled) return true
    known.supersede()
    return false
  }

  async #open(request: Request): Promise<void> {
    const id = key(request)
    this.#byRequest.set(id, 'opening')
    let transfer: Transfer | undefined
    try {
      if (this.#transfers.size >= (this.#options.maxTransfers ?? MAX_TRANSFERS)) {
        this.#drop(request, 'too many transfers at a time')
        return
      }
      transfer = await this.#begin(request)
    } catch (error) {
      this.#drop(request, `no socket for the transfer (${errorCode(error)})`)
    } finally {
      if (transfer === undefined) this.#byRequest.delete(id)
    }
  }

  async #begin(request: Request): Promise<Transfer | undefined> {
    const name = cleanTftpName(request.packet.filename)
    if (!name.ok) {
      this.#refuseFor(request, name.refusal)
      return undefined
    }
    const opened = await openInTree(this.#options.root, name.segments)
    if (!opened.ok) {
      this.#refuseFor(request, opened.refusal)
      return undefined
    }
    const { file } = opened
    let socket: Socket | undefined
    try {
      socket = await bindTransferSocket(request.listener, this.#options.portRange)
      if (!this.#closing) return this.#start(request, file, socket)
    } catch (error) {
      socket?.close()
      await file.handle.close()
      throw error
    }
    socket.close()
    await file.handle.close()
    return undefined
  }

  #start(request: Request, file: TreeFile, socket: Socket): Transfer {
    const { from, packet, client, path } = request
    const { timing, onEvent } = this.#options
    const wish = this.#options.blksizeMax ?? MAX_BLKSIZE
    const blksizeMax = Math.min(wish, blksizeForPath(from.address) ?? MAX_BLKSIZE)
    const session = new ReadSession(packet.options, file.size, { blksizeMax, timing: timing ?? {} })
    const id = key(request)
    const transfer: Transfer = new Transfer({
      socket,
      session,
      file,
      client: { address: from.address, port: from.port },
      shown: { client, path },
      onEvent,
      now: this.#now,
      onDeadline: (deadline) => {
        this.#deadlines.touch(deadline)
      },
      onClosed: () => {
        this.#transfers.delete(transfer)
        if (this.#byRequest.get(id) === transfer) this.#byRequest.delete(id)
      },
    })
    this.#transfers.add(transfer)
    this.#byRequest.set(id, transfer)
    this.#full = false
    transfer.start()
    return transfer
  }

  #refuseFor(request: Request, refusal: Refusal): void {
    const { tftp, text, reason } = ANSWERS[refusal]
    if (refusal === 'busy') this.#drop(request, reason)
    else this.#refuse(request, tftp, text, reason)
  }

  #refuse(request: Request, code: number, message: string, reason: string): void {
    const { from, listener, client, path, packet } = request
    if (this.#closing) return
    const reply = encodePacket({ kind: 'error', code, message })
    listener.socket.send(reply, from.port, from.address, () => undefined)
    const method = packet.kind.toUpperCase()
    this.#options.onEvent({ type: 'refused', protocol: 'tftp', client, path, method, status: code, reason })
  }

  /** No answer: the client will ask again, and by then there may be room. Said once until there is. */
  #drop(request: Request, reason: string): void {
    if (this.#full) return
    this.#full = true
    const who = `${request.client.address} ${request.path}`
    this.#options.onEvent({ type: 'server-problem', protocol: 'tftp', reason: `${reason}; dropped ${who}` })
  }
}

function key({ listener, from, packet }: Request): string {
  return `${listener.address} ${from.address} ${from.port} ${packet.filename}`
}
