/**
 * One transfer in flight: joins a session (what to send) to its channel (the client) and its open file (where the
 * octets come from).
 */
import { FileChangedError } from '../content.js'
import { elapsed, type OnEvent, type Peer } from '../events.js'
import { printable } from '../printable.js'
import { errorCode } from '../tree.js'
import type { Blocks } from './blocks.js'
import type { Channel } from './channel.js'
import type { Deadlined } from './deadlines.js'
import {
  DATA_HEADER_LENGTH,
  decodePacket,
  encodePacket,
  ErrorCode,
  Opcode,
  writeDataHeader,
} from './packet.js'
import type { Running } from './lane.js'
import type { Packets } from './packets.js'
import {
  type DataTransmission,
  type Outcome,
  type ReadSession,
  type Step,
  type Transmission,
  wireBlock,
} from './session.js'

/** `proven`: the client answered; `finished`: only its TID is still held; `closed`: everything is released. */
export type Phase = 'proven' | 'finished' | 'closed'

export interface TransferParts {
  readonly channel: Channel
  readonly session: ReadSession
  readonly blocks: Blocks
  readonly packets: Packets
  /** Client and name as events show them. */
  readonly shown: { readonly client: Peer; readonly path: string }
  readonly onEvent: OnEvent
  readonly now: () => number
  /** A deadline was set. */
  readonly onDeadline: (deadline: number | undefined) => void
  /** Once for each phase; not every transfer comes through all of them. */
  readonly onPhase: (phase: Phase) => void
}

export class Transfer implements Deadlined, Running {
  readonly session: ReadSession
  deadline: number | undefined

  readonly #parts: TransferParts
  readonly #startedAt: number
  /** What the session wants out, while its octets are being read, and the block that is next of it. */
  #wanted: DataTransmission | undefined
  #next = 0
  #reading = false
  #repeating = false
  #phase: Phase | undefined
  #ended = false
  #doubted = false

  constructor(parts: TransferParts) {
    this.#parts = parts
    this.session = parts.session
    this.#startedAt = parts.now()
  }

  get finished(): boolean {
    return this.session.finished
  }

  get closed(): boolean {
    return this.session.closed
  }

  start(): void {
    const { size, blksize } = this.session
    this.#parts.onEvent({ type: 'transfer-start', ...this.#shown(), size, blksize })
    this.#apply(this.session.start(this.#startedAt))
  }

  /** A packet of the client. */
  receive(bytes: Uint8Array): void {
    if (this.#ended) return
    const now = this.#parts.now()
    // What nearly all packets are.
    if (bytes.length >= 4 && bytes[0] === 0 && bytes[1] === Opcode.ack) {
      this.#apply(this.session.acknowledge((bytes[2]! << 8) | bytes[3]!, now))
      return
    }
    const decoded = decodePacket(bytes)
    if (decoded.ok) this.#apply(this.session.receive(decoded.packet, now))
  }

  due(now: number): void {
    this.#repeating = true
    this.#apply(this.session.tick(now))
    this.#repeating = false
  }

  abort(message: string): void {
    this.#apply(this.session.abort(ErrorCode.undefined, message))
  }

  supersede(): void {
    this.#apply(this.session.supersede())
  }

  repeated(again: () => void): void {
    const begin = (): void => {
      this.supersede()
      again()
    }
    if (this.session.finished) begin()
    else if (this.#isStalled() && !this.#doubted) {
      // Where this process was slow, the request is old and the ACKs since are still to be read.
      this.#doubted = true
      setTimeout(() => {
        this.#doubted = false
        if (!this.#ended && this.#isStalled()) begin()
      }, this.session.firstWaitMs)
    }
  }

  #isStalled(): boolean {
    return this.session.stalled(this.#parts.now())
  }

  #apply(step: Step): void {
    if (this.#ended) return
    this.deadline = step.deadline
    for (const transmission of step.send) this.#transmit(transmission)
    this.#parts.onDeadline(step.deadline)
    if (this.#phase === undefined && this.session.proven) this.#enter('proven')
    if (step.outcome !== undefined) {
      this.#report(step.outcome)
      this.#wanted = undefined
      this.#enter('finished')
    }
    if (this.session.closed) this.#end()
  }

  #transmit(transmission: Transmission): void {
    if (transmission.kind !== 'data') {
      this.#parts.channel.send(encodePacket(transmission), true)
      return
    }
    this.#wanted = transmission
    this.#next = transmission.block
    if (!this.#reading) this.#pump(transmission)
  }

  /** Sends what is at hand of it; the rest when it has been read. */
  #pump(wanted: DataTransmission): void {
    const { packets, channel, blocks } = this.#parts
    const end = wanted.block + wanted.count
    for (; this.#next < end; this.#next++) {
      const { offset, length } = this.#range(this.#next)
      const packet = packets.take(length)
      if (!blocks.copy(packet, DATA_HEADER_LENGTH, offset, length)) {
        void this.#read()
        return
      }
      writeDataHeader(packet, wireBlock(this.#next))
      if (!channel.send(packet, this.#repeating)) packets.lose(packet)
    }
    this.#wanted = undefined
  }

  /** Reads what is wanted; if the session has moved on meanwhile (a slow disk and a timer), reads again. */
  async #read(): Promise<void> {
    this.#reading = true
    let wanted: DataTransmission | undefined
    try {
      while ((wanted = this.#wanted) !== undefined) {
        const block = this.#next
        const { offset, length } = this.#range(block)
        const packet = Buffer.allocUnsafe(DATA_HEADER_LENGTH + length)
        await this.#parts.blocks.fetch(packet, DATA_HEADER_LENGTH, offset, length)
        if (this.#wanted !== wanted || this.#next !== block) continue
        writeDataHeader(packet, wireBlock(block))
        this.#parts.channel.send(packet, false)
        this.#next += 1
        break
      }
    } catch (error) {
      const changed = error instanceof FileChangedError
      this.abort(changed ? error.message : `the file could not be read (${errorCode(error)})`)
    } finally {
      this.#reading = false
    }
    if (this.#wanted !== undefined) this.#pump(this.#wanted)
  }

  #range(block: number): { offset: number; length: number } {
    const { size, blksize } = this.session
    const offset = (block - 1) * blksize
    return { offset, length: Math.min(blksize, size - offset) }
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
    if (outcome.reason === 'superseded') {
      return this.session.proven ? 'the client began anew' : 'the client never answered and others asked'
    }
    if (outcome.reason === 'client-error') {
      return `the client gave up: ERROR ${outcome.code ?? 0} "${printable(outcome.message ?? '')}"`
    }
    const { problem } = this.#parts.channel
    return problem === undefined
      ? 'the client stopped answering'
      : `the client cannot be reached (${problem})`
  }

  #shown(): { protocol: 'tftp'; method: 'RRQ'; client: Peer; path: string } {
    return { protocol: 'tftp', method: 'RRQ', ...this.#parts.shown }
  }

  #enter(phase: Phase): void {
    this.#phase = phase
    this.#parts.onPhase(phase)
  }

  #end(): void {
    this.#ended = true
    this.deadline = undefined
    const { channel, blocks } = this.#parts
    // Deferred to the next turn: an ERROR that was just handed to the socket leaves before the socket does.
    setImmediate(() => {
      channel.close()
      blocks.close()
      this.#enter('closed')
    })
  }
}
