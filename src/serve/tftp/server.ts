/**
 * The TFTP server: decides which requests become transfers, and where each has its socket; never writes.
 */
import type { RemoteInfo } from 'node:dgram'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Gate } from '../allow-list.js'
import { peer, type OnEvent, type Peer } from '../events.js'
import type { Lease, TreeFiles } from '../files.js'
import { blksizeForPath } from '../mtu.js'
import { cleanTftpName } from '../names.js'
import { printable } from '../printable.js'
import { ANSWERS, type Refusal } from '../refusal.js'
import { errorCode } from '../tree.js'
import { decodePacket, encodePacket, ErrorCode, type RequestPacket } from './packet.js'
import { Lane, type Order, type Running } from './lane.js'
import { MAX_BLKSIZE } from './options.js'
import type { RemoteLane } from './remote-lane.js'
import type { SessionTiming } from './session.js'
import { closed, type Listener, listen } from './sockets.js'
import { Sources } from './sources.js'
import { Threads } from './threads.js'
import type { Phase, Transfer } from './transfer.js'

export interface TftpServerOptions {
  readonly files: TreeFiles
  readonly port: number
  /** Address to listen on; undefined: every address of this machine. */
  readonly host?: string | undefined
  /** Largest block ever granted; the MTU towards the client lowers it further (RFC 2348 lets a server only lower). */
  readonly blksizeMax?: number | undefined
  /** First and last port for transfers, for firewalls; undefined: any. */
  readonly portRange?: readonly [number, number] | undefined
  /** Everything from the port that was called, for NAT and container networks; then there is no port range. */
  readonly singlePort?: boolean | undefined
  /** Transfers at a time. Requests above it are dropped, so that clients ask again rather than give up. */
  readonly maxTransfers?: number | undefined
  /** Requests a second that one address may make for long, and how many at once after a silence. */
  readonly requestRate?: { readonly perSecond: number; readonly burst: number } | undefined
  readonly timing?: Partial<SessionTiming> | undefined
  /** Threads for transfers besides this one, started when there are many. Default: as processors allow. */
  readonly threads?: number | undefined
  /** Others hear nothing. Default: everybody. */
  readonly gate?: Pick<Gate, 'permits'> | undefined
  readonly onEvent: OnEvent
}

export interface TftpServer {
  readonly address: { readonly address: string; readonly port: number }
  /** Transfers that still hold a TID. */
  readonly active: number
  /** Stops listening, gives running transfers `graceMs`, then tells the rest with an ERROR. */
  close(graceMs: number): Promise<void>
}

/** One room full of machines is tens; a boot storm is thousands. */
const MAX_TRANSFERS = 4096
/** Transfers whose client has not answered yet: forged addresses never do. A new one takes the place of the oldest. */
const MAX_UNPROVEN = 1024
/** Requests whose file is being looked up. */
const MAX_OPENING = 1024

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
  readonly id: string
}

class Server implements TftpServer {
  readonly #options: TftpServerOptions
  readonly #listeners: readonly Listener[]
  readonly #transfers = new Set<Running>()
  /** In the order in which they began, or ended. */
  readonly #unproven = new Set<Running>()
  readonly #finished = new Set<Running>()
  /** By {@link Request.id}; `opening` from the request until the first packet goes out. */
  readonly #byRequest = new Map<string, Running | 'opening'>()
  #opening = 0
  /** Single-port mode: by {@link tidOf}. */
  readonly #byTid = new Map<string, Transfer>()
  readonly #sources: Sources
  readonly #now = (): number => performance.now()
  readonly #lane: Lane
  readonly #threads: Threads
  #stopping = false
  #closing = false
  #full = false

  constructor(options: TftpServerOptions, listeners: readonly Listener[]) {
    this.#options = options
    this.#listeners = listeners
    this.#sources = new Sources(options.requestRate?.perSecond, options.requestRate?.burst)
    this.#lane = new Lane(options.files.content, options.onEvent)
    this.#threads = new Threads(options.threads, options.onEvent)
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
    this.#stopping = true
    const close = (): Promise<unknown> => {
      this.#closing = true
      return Promise.all(this.#listeners.map(({ socket }) => closed(socket)))
    }
    // In single-port mode running transfers need them.
    if (this.#options.singlePort !== true) await close()
    const until = this.#now() + graceMs
    while (this.#busy() && this.#now() < until) await sleep(20)
    for (const transfer of [...this.#transfers]) transfer.abort('The server is being stopped')
    // `opening` ones find #stopping set; each lasts no longer than a stat and a bind.
    while (this.#transfers.size > 0 || this.#byRequest.size > 0) await sleep(5)
    if (!this.#closing) await close()
    this.#lane.stop()
    await this.#threads.close()
  }

  #busy(): boolean {
    return [...this.#transfers].some((transfer) => !transfer.finished)
  }

  #receive(listener: Listener, bytes: Uint8Array, from: RemoteInfo): void {
    if (this.#options.singlePort === true && bytes[1] !== 1) {
      const transfer = this.#byTid.get(tidOf(listener, from))
      if (transfer !== undefined) {
        transfer.receive(bytes)
        return
      }
    }
    // Port 0 is no address to answer to (RFC 768), and Node throws when asked to.
    if (this.#stopping || from.port === 0 || this.#options.gate?.permits(from.address) === false) return
    const decoded = decodePacket(bytes)
    const client = peer(from.address, from.port)
    if (!decoded.ok || (decoded.packet.kind !== 'rrq' && decoded.packet.kind !== 'wrq')) {
      // No answer: it is noise, or belongs to a transfer long gone, and the sender's address may be forged.
      const reason = decoded.ok ? `stray ${decoded.packet.kind.toUpperCase()}` : decoded.problem
      this.#options.onEvent({ type: 'garbage', protocol: 'tftp', client, reason })
      return
    }
    const { packet } = decoded
    const id = `${tidOf(listener, from)} ${packet.filename}`
    const request = { listener, from, packet, client, path: printable(packet.filename), id }
    const known = this.#byRequest.get(id)
    if (known === undefined) this.#admit(request)
    else if (known !== 'opening') {
      known.repeated(() => {
        this.#admit(request)
      })
    }
  }

  #admit(request: Request): void {
    const { from, client, packet, path } = request
    if (this.#stopping) return
    const admitted = this.#sources.admit(from.address, this.#now())
    if (admitted !== 'yes') {
      // No answer: that would be one more packet to an address that may be forged.
      const reason = `too many requests from ${client.address}; some are dropped`
      if (admitted !== 'no') this.#options.onEvent({ type: 'server-problem', protocol: 'tftp', reason })
      return
    }
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

  async #open(request: Request): Promise<void> {
    if (this.#opening >= MAX_OPENING) {
      this.#drop(request, 'too many requests at a time')
      return
    }
    this.#opening += 1
    this.#byRequest.set(request.id, 'opening')
    let transfer: Running | undefined
    try {
      transfer = await this.#begin(request)
    } catch (error) {
      this.#drop(request, `no socket for the transfer (${errorCode(error)})`)
    } finally {
      this.#opening -= 1
      if (transfer === undefined) this.#byRequest.delete(request.id)
    }
  }

  async #begin(request: Request): Promise<Running | undefined> {
    if (!this.#makeRoom()) {
      this.#drop(request, 'too many transfers at a time')
      return undefined
    }
    const name = cleanTftpName(request.packet.filename)
    if (!name.ok) {
      this.#refuseFor(request, name.refusal)
      return undefined
    }
    const opened = await this.#options.files.open(name.segments, true)
    if (!opened.ok) {
      this.#refuseFor(request, opened.refusal)
      return undefined
    }
    const { lease } = opened
    try {
      const transfer = await this.#start(request, lease)
      if (transfer === undefined) lease.release()
      return transfer
    } catch (error) {
      lease.release()
      throw error
    }
  }

  /** What is over gives way to what begins, and so does the oldest one whose client never answered. */
  #makeRoom(): boolean {
    const max = this.#options.maxTransfers ?? MAX_TRANSFERS
    const forgotten = this.#unproven.size >= MAX_UNPROVEN ? first(this.#unproven) : undefined
    if (forgotten !== undefined) {
      // It leaves on the next turn, so it must not be chosen twice.
      this.#unproven.delete(forgotten)
      forgotten.supersede()
    }
    if (this.#transfers.size + this.#opening <= max) return true
    const oldest = first(this.#finished) ?? first(this.#unproven)
    if (oldest === undefined) return false
    this.#finished.delete(oldest)
    this.#unproven.delete(oldest)
    oldest.supersede()
    return true
  }

  async #start(request: Request, lease: Lease): Promise<Running | undefined> {
    const { listener, from, packet, client, path } = request
    const wish = this.#options.blksizeMax ?? MAX_BLKSIZE
    const order: Order = {
      listener: { type: listener.type, address: listener.address },
      client: { address: from.address, port: from.port },
      options: packet.options,
      blksizeMax: Math.min(wish, blksizeForPath(from.address) ?? MAX_BLKSIZE),
      timing: this.#options.timing ?? {},
      portRange: this.#options.portRange,
      shown: { client, path },
    }
    const thread = this.#options.singlePort === true ? undefined : this.#threads.free(this.#lane.load)
    return thread === undefined
      ? this.#startHere(request, order, lease)
      : this.#startIn(thread, request, order, lease)
  }

  async #startHere(request: Request, order: Order, lease: Lease): Promise<Transfer | undefined> {
    const { listener, from } = request
    const singlePort = this.#options.singlePort === true
    const tid = tidOf(listener, from)
    // One TID can only mean one transfer: whoever asks for another file is done with the last one.
    if (singlePort) this.#byTid.get(tid)?.supersede()
    const transfer: Transfer = await this.#lane.prepare(
      order,
      lease,
      (phase) => {
        this.#enter(transfer, phase, request.id)
        if (phase === 'closed' && this.#byTid.get(tid) === transfer) this.#byTid.delete(tid)
      },
      singlePort ? listener.socket : undefined,
    )
    if (singlePort) this.#byTid.set(tid, transfer)
    this.#keep(transfer, request)
    if (this.#stopping) transfer.abort('The server is being stopped')
    else transfer.start()
    return transfer
  }

  #startIn(thread: RemoteLane, request: Request, order: Order, lease: Lease): Running {
    const transfer = thread.start(order, lease, {
      onPhase: (phase) => {
        this.#enter(transfer, phase, request.id)
      },
      onFailed: (code) => {
        this.#drop(request, `no socket for the transfer (${code})`)
      },
    })
    this.#keep(transfer, request)
    return transfer
  }

  #keep(transfer: Running, { id }: Request): void {
    this.#transfers.add(transfer)
    this.#unproven.add(transfer)
    this.#byRequest.set(id, transfer)
    this.#full = false
  }

  #enter(transfer: Running, phase: Phase, id: string): void {
    this.#unproven.delete(transfer)
    if (phase === 'finished' && !transfer.closed) this.#finished.add(transfer)
    if (phase !== 'closed') return
    this.#finished.delete(transfer)
    this.#transfers.delete(transfer)
    if (this.#byRequest.get(id) === transfer) this.#byRequest.delete(id)
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

/** Which conversation: the address called, and the client's address and port. */
function tidOf(listener: Listener, from: RemoteInfo): string {
  return `${listener.address} ${from.address} ${from.port}`
}

function first<T>(set: ReadonlySet<T>): T | undefined {
  for (const one of set) return one
  return undefined
}
