/**
 * One transfer in flight: joins a session (what to send) to its own socket (the server's TID, RFC 1350 section 4)
 * and its open file (where the octets come from).
 */
import type { RemoteInfo, Socket } from 'node:dgram'
import { elapsed, type OnEvent, type Peer } from '../events.js'
import { printable } from '../printable.js'
import { errorCode, type TreeFile } from '../tree.js'
import { BlockSource, FileChangedError } from './block-source.js'
import type { Deadlined } from './deadlines.js'
import { decodePacket, encodeDataHeader, encodePacket, ErrorCode } from './packet.js'
import { type Outcome, type ReadSession, type Step, type Transmission, wireBlock } from './session.js'

type DataTransmission = Extract<Transmission, { kind: 'data' }>

export interface TransferParts {
  readonly socket: Socket
  readonly session: ReadSession
  readonly file: TreeFile
  /** Address and port exactly as the socket reported them: the client's TID. */
  readonly client: { readonly address: string; readonly port: number }
  /** The same, and the name, as events show them. */
  readonly shown: { readonly client: Peer; readonly path: string }
  readonly onEvent: OnEvent
  readonly now: () => number
  /** A deadline was set. */
  readonly onDeadline: (deadline: number | undefined) => void
  /** Everything is released; called once. */
  readonly onClosed: () => void
}

export class Transfer implements Deadlined {
  readonly session: ReadSession
  deadline: number | undefined

  readonly #parts: TransferParts
  readonly #source: BlockSource
  readonly #startedAt: number
  /** The block that the session wants out, while its octets are being read. */
  #wanted: DataTransmission | undefined
  #reading = false
  #ended = false
  #sendProblem: string | undefined

  constructor(parts: TransferParts) {
    this.#parts = parts
    this.session = parts.session
    this.#source = new BlockSource(parts.file)
    this.#startedAt = parts.now()
    parts.socket.on('message', (bytes, from) => {
      this.#receive(bytes, from)
    })
    parts.socket.on('error', (error) => {
      this.#sendProblem = errorCode(error)
    })
  }

  start(): void {
    this.#parts.onEvent({
      type: 'transfer-start',
      ...this.#shown(),
      size: this.session.size,
      blksize: this.session.blksize,
    })
    this.#apply(this.session.start(this.#startedAt))
  }

  due(now: number): void {
    this.#apply(this.session.tick(now))
  }

  /** Tells the client that there will be no more, and lets go. */
  abort(message: string): void {
    this.#apply(this.session.abort(ErrorCode.undefined, message))
  }

  /** Makes way for a new transfer of the same client. */
  supersede(): void {
    this.#apply(this.session.supersede())
  }

  #receive(bytes: Uint8Array, from: RemoteInfo): void {
    if (this.#ended) return
    const decoded = decodePacket(bytes)
    const { client, socket, now } = this.#parts
    // Nobody can be answered on port 0 (RFC 768: no reply wanted); Node throws when asked to.
    if (from.port === 0) return
    if (from.port !== client.port || from.address !== client.address) {
      // RFC 1350 section 4: the stranger is told, the transfer is not disturbed. An ERROR is never answered.
      if (!decoded.ok || decoded.packet.kind === 'error') return
      const code = ErrorCode.unknownTransferId
      const reply = encodePacket({ kind: 'error', code, message: 'Unknown transfer ID' })
      socket.send(reply, from.port, from.address, () => undefined)
      return
    }
    if (decoded.ok) this.#apply(this.session.receive(decoded.packet, now()))
  }

  #apply(step: Step): void {
    if (this.#ended) return
    this.deadline = step.deadline
    for (const transmission of step.send) this.#transmit(transmission)
    this.#parts.onDeadline(step.deadline)
    if (step.outcome !== undefined) this.#report(step.outcome)
    if (this.session.finished) this.#wanted = undefined
    if (this.session.closed) this.#end()
  }

  #transmit(transmission: Transmission): void {
    switch (transmission.kind) {
      case 'oack':
      case 'error':
        this.#send(encodePacket(transmission))
        return
      case 'data': {
        const octets = this.#source.peek(transmission.offset, transmission.length)
        if (octets !== undefined) {
          this.#wanted = undefined
          this.#send([encodeDataHeader(wireBlock(transmission.block)), octets])
          return
        }
        this.#wanted = transmission
        if (!this.#reading) void this.#read()
      }
    }
  }

  /** Reads what is wanted; if the session has moved on meanwhile (a slow disk and a timer), reads again. */
  async #read(): Promise<void> {
    this.#reading = true
    try {
      let wanted: DataTransmission | undefined
      while ((wanted = this.#wanted) !== undefined) {
        const octets = await this.#source.load(wanted.offset, wanted.length)
        if (wanted !== this.#wanted) continue
        this.#wanted = undefined
        this.#send([encodeDataHeader(wireBlock(wanted.block)), octets])
      }
    } catch (error) {
      const changed = error instanceof FileChangedError
      this.abort(changed ? error.message : `the file could not be read (${errorCode(error)})`)
    } finally {
      this.#reading = false
    }
  }

  #send(packet: Uint8Array | Uint8Array[]): void {
    const { socket, client } = this.#parts
    socket.send(packet, client.port, client.address, (error) => {
      // Nothing to do at once: a full queue or a route that is gone looks like loss, and the timer deals with loss.
      this.#sendProblem = error === null ? undefined : errorCode(error)
    })
  }

  #report(outcome: Outcome): void {
    const { onEvent } = this.#parts
    const common = { ...this.#shown(), ms: elapsed(this.#startedAt) }
    switch (outcome.kind) {
      case 'done':
        onEvent({
          type: 'transfer-done',
          ...common,
          bytes: outcome.bytes,
          acknowledged: outcome.acknowledged,
        })
        return
      case 'probe':
        onEvent({ type: 'transfer-probe', ...common, bytes: 0 })
        return
      case 'failed':
        onEvent({ type: 'transfer-failed', ...common, bytes: outcome.bytes, reason: this.#explain(outcome) })
    }
  }

  #explain(outcome: Extract<Outcome, { kind: 'failed' }>): string {
    if (outcome.reason === 'server-error') return outcome.message ?? 'aborted'
    if (outcome.reason === 'superseded') return 'the client began anew'
    if (outcome.reason === 'client-error') {
      return `the client gave up: ERROR ${outcome.code ?? 0} "${printable(outcome.message ?? '')}"`
    }
    return this.#sendProblem === undefined
      ? 'the client stopped answering'
      : `the client cannot be reached (${this.#sendProblem})`
  }

  #shown(): { protocol: 'tftp'; method: 'RRQ'; client: Peer; path: string } {
    return { protocol: 'tftp', method: 'RRQ', ...this.#parts.shown }
  }

  #end(): void {
    this.#ended = true
    this.deadline = undefined
    const { socket, file, onClosed } = this.#parts
    // Deferred to the next turn: an ERROR that was just handed to the socket leaves before the socket does.
    setImmediate(() => {
      socket.close()
      void file.handle.close().catch(() => undefined)
      onClosed()
    })
  }
}
