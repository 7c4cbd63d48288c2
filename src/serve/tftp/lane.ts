/**
 * The transfers of one thread: their sockets, their timer, the octets that they share. The server has one such lane in
 * its own thread, and with many transfers more in threads of their own ({@link ./remote-lane.ts}).
 */
import type { Socket } from 'node:dgram'
import type { Content, ContentSource } from '../content.js'
import type { OnEvent, Peer } from '../events.js'
import { Blocks } from './blocks.js'
import { type Channel, ownChannel, sharedChannel, type Tid } from './channel.js'
import { Deadlines } from './deadlines.js'
import type { TftpOption } from './packet.js'
import { Packets } from './packets.js'
import { ReadSession, type SessionTiming } from './session.js'
import { bindTransferSocket, type Listener } from './sockets.js'
import { type Phase, Transfer } from './transfer.js'

/** What is to be sent to whom. Plain data: it goes to other threads as it is. */
export interface Order {
  /** What the client called. */
  readonly listener: Pick<Listener, 'type' | 'address'>
  readonly client: Tid
  readonly options: readonly TftpOption[]
  readonly blksizeMax: number
  readonly timing: Partial<SessionTiming>
  readonly portRange: readonly [number, number] | undefined
  /** Client and name as events show them. */
  readonly shown: { readonly client: Peer; readonly path: string }
}

/** A transfer as the server sees it, in whatever thread it runs. */
export interface Running {
  /** Only its TID is still held. */
  readonly finished: boolean
  readonly closed: boolean
  /** Tells the client that there will be no more, and lets go. */
  abort(message: string): void
  /** Makes way for another transfer, without a word to the client. */
  supersede(): void
  /**
   * The same client has asked for the same again. Mostly it has not heard the answer yet, and the transfer will repeat
   * that. Machines with a fixed port do so after a reset, too: then the transfer makes way and calls `again`.
   */
  repeated(again: () => void): void
}

/** An open file, for one transfer. */
export interface Source {
  readonly file: ContentSource
  /** Called once, with the end of the transfer. */
  release(): void
}

export class Lane {
  readonly #content: Content
  readonly #onEvent: OnEvent
  readonly #transfers = new Set<Transfer>()
  readonly #packets = new Packets()
  readonly #now = (): number => performance.now()
  readonly #deadlines = new Deadlines(this.#transfers, this.#now)
  #load = 0

  constructor(content: Content, onEvent: OnEvent) {
    this.#content = content
    this.#onEvent = onEvent
  }

  /** Transfers whose client does not have everything yet. */
  get load(): number {
    return this.#load
  }

  /**
   * @param onPhase once for each phase, from the next turn on
   * @param shared in single-port mode the socket that was called
   * @returns not started yet, so that the caller can keep it first
   * @throws the system error of the socket
   */
  async prepare(
    order: Order,
    source: Source,
    onPhase: (phase: Phase) => void,
    shared?: Socket,
  ): Promise<Transfer> {
    const { client, options, blksizeMax, timing, shown } = order
    // From now on: a rack that asks at once must not find that there is nothing to do here.
    this.#load += 1
    let counted = true
    const uncount = (): void => {
      if (counted) this.#load -= 1
      counted = false
    }
    let channel: Channel
    if (shared !== undefined) channel = sharedChannel(shared, client)
    else {
      const socket = await bindTransferSocket(order.listener, order.portRange).catch((error: unknown) => {
        uncount()
        throw error
      })
      channel = ownChannel(socket, client, (bytes) => {
        transfer.receive(bytes)
      })
    }
    const transfer: Transfer = new Transfer({
      channel,
      session: new ReadSession(options, source.file.size, { blksizeMax, timing }),
      blocks: new Blocks(this.#content, source),
      packets: this.#packets,
      shown,
      onEvent: this.#onEvent,
      now: this.#now,
      onDeadline: (deadline) => {
        this.#deadlines.touch(deadline)
      },
      onPhase: (phase) => {
        if (phase !== 'proven') uncount()
        if (phase === 'closed') this.#transfers.delete(transfer)
        onPhase(phase)
      },
    })
    this.#transfers.add(transfer)
    return transfer
  }

  /** When no transfer is left. */
  stop(): void {
    this.#deadlines.stop()
  }
}
