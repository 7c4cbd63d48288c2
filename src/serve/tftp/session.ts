/**
 * One read transfer as a state machine: (packet, now) in, (what to send, next deadline, outcome) out. It knows no
 * clock, socket or file; blocks are named by number and byte range, so that any transport can send them, one by one or
 * a window in a batch. RFC 1350 section 2 (lock-step), RFC 2347 (OACK is acknowledged by ACK 0), RFC 7440 (windows),
 * RFC 1123 section 4.2.3.1 (Sorcerer's Apprentice).
 *
 * States: `negotiating` (OACK is out) -> `transferring` (DATA is out) -> `lingering` (last ACK is in) -> `closed`.
 */
import { ErrorCode, type TftpOption, type TftpPacket } from './packet.js'
import { negotiate, type Negotiated } from './options.js'
import { RoundTrip } from './round-trip.js'

/** Milliseconds, except `attempts` and `firstAttempts`. */
export interface SessionTiming {
  /**
   * Until the first retransmission of a block as long as the client's round trip is not known; doubled each time. A
   * negotiated `timeout` takes its place. With a known round trip it is a few of those.
   */
  readonly retransmitMs: number
  /** The doubling stops here. */
  readonly retransmitCapMs: number
  /**
   * How often one block is sent in all before the client is given up, not counting what was sent again sooner than
   * after `retransmitMs`.
   */
  readonly attempts: number
  /**
   * The same for the very first packet. Its address is unproven until the first ACK, and each packet more than
   * was received is a gift to whoever forged it.
   */
  readonly firstAttempts: number
  /** A client silent for this long is given up, whatever `timeout` it negotiated. */
  readonly idleMs: number
  /** How long a finished transfer keeps its TID, so that a repeated last ACK does not meet a stranger's ERROR. */
  readonly lingerMs: number
}

export const DEFAULT_TIMING: SessionTiming = {
  retransmitMs: 1000,
  retransmitCapMs: 8000,
  attempts: 6,
  firstAttempts: 4,
  idleMs: 120_000,
  lingerMs: 3000,
}

export type Transmission =
  | { readonly kind: 'oack'; readonly options: readonly TftpOption[] }
  | DataTransmission
  | { readonly kind: 'error'; readonly code: number; readonly message: string }

/** Blocks that follow each other. All have `blksize` octets but the last one of the file. */
export interface DataTransmission {
  readonly kind: 'data'
  /** The first one: 1, 2, 3 … without wrap; {@link wireBlock} gives the 16 bits. */
  readonly block: number
  readonly count: number
  /** Where the first one starts in the file, and how many octets all of them hold (0 in a last, empty block). */
  readonly offset: number
  readonly length: number
}

export type Outcome =
  /** `acknowledged` is false when the last ACK never came: by then the client has the file, so it is no failure. */
  | { readonly kind: 'done'; readonly bytes: number; readonly acknowledged: boolean }
  /** The client only wanted the size, or to know whether the file is there. */
  | { readonly kind: 'probe'; readonly code: number; readonly message: string }
  | {
      readonly kind: 'failed'
      readonly reason: 'timeout' | 'client-error' | 'server-error' | 'superseded'
      /** Octets the client has acknowledged. */
      readonly bytes: number
      readonly code?: number
      readonly message?: string
    }

export interface Step {
  readonly send: readonly Transmission[]
  /** When {@link ReadSession.tick} wants to be called, on the clock that `now` is read from; undefined: never. */
  readonly deadline: number | undefined
  /** Present in exactly one step of a session. */
  readonly outcome?: Outcome
}

/** The block number as the client sees it: 16 bits, and after 65535 comes 0. */
export function wireBlock(block: number): number {
  return block % 0x10000
}

type State = 'negotiating' | 'transferring' | 'lingering' | 'closed'

const NOTHING: readonly Transmission[] = []

export class ReadSession {
  readonly size: number
  readonly blksize: number
  readonly windowsize: number
  /** What was granted; what the OACK says. */
  readonly options: readonly TftpOption[]

  readonly #timing: SessionTiming
  /** Until the first retransmission as long as the round trip is not known. */
  readonly firstWaitMs: number
  /** The client asked for its own pace. */
  readonly #paced: boolean
  readonly #blocks: number
  readonly #roundTrip = new RoundTrip()
  #state: State = 'negotiating'
  /** The last block that was acknowledged, and the last one that is out; equal: the OACK is. Beyond 65535 they count
   * on (a float is exact to 2^53). */
  #acknowledged = 0
  #out = 0
  /** How often what is out has been sent, and how often of these the wait was a full one. */
  #sent = 0
  #counted = 0
  #sentAt = 0
  #proven = false
  #lastHeardAt = 0
  #deadline: number | undefined

  constructor(
    asked: readonly TftpOption[],
    size: number,
    limits: { readonly blksizeMax?: number; readonly timing?: Partial<SessionTiming> } = {},
  ) {
    const negotiated: Negotiated = negotiate(asked, size, limits.blksizeMax)
    this.size = size
    this.blksize = negotiated.blksize
    this.windowsize = negotiated.windowsize
    this.options = negotiated.granted
    this.#timing = { ...DEFAULT_TIMING, ...limits.timing }
    this.#paced = negotiated.timeout !== undefined
    // Half the idle limit at most, so that even `timeout=255` gets one retransmission before it is given up.
    const agreed = negotiated.timeout === undefined ? this.#timing.retransmitMs : negotiated.timeout * 1000
    this.firstWaitMs = Math.min(agreed, this.#timing.idleMs / 2)
    // The last block is the first one that is not full, so a multiple of blksize ends in an empty block.
    this.#blocks = Math.floor(size / this.blksize) + 1
  }

  get closed(): boolean {
    return this.#state === 'closed'
  }

  /** True from the outcome on: only the TID is still held. */
  get finished(): boolean {
    return this.#state === 'closed' || this.#state === 'lingering'
  }

  /** The client has answered at least once: its address is its own. */
  get proven(): boolean {
    return this.#proven
  }

  /** The client has answered at least once and then fell silent for longer than a lost packet explains. */
  stalled(now: number): boolean {
    return !this.finished && this.#proven && now - this.#lastHeardAt >= this.firstWaitMs
  }

  /** Octets the client is known to have. */
  get acknowledgedBytes(): number {
    if (this.#state === 'lingering') return this.size
    return Math.min(this.#acknowledged * this.blksize, this.size)
  }

  /** The answer to the RRQ: an OACK, or the first block when no option was granted. */
  start(now: number): Step {
    this.#lastHeardAt = now
    if (this.options.length === 0) return this.#window(now)
    this.#renew(now)
    return { send: [{ kind: 'oack', options: this.options }], deadline: this.#deadline }
  }

  /** A packet from the client's own TID; strangers are the socket's business (RFC 1350 section 4). */
  receive(packet: TftpPacket, now: number): Step {
    if (this.finished) return this.#wait()
    switch (packet.kind) {
      case 'ack':
        return this.acknowledge(packet.block, now)
      case 'error':
        return this.#close(this.#refused(packet.code, packet.message))
      case 'rrq':
        // A repeated request can only come from a client that has not heard us yet; the timer repeats our answer.
        return this.#wait()
      default:
        return this.abort(ErrorCode.illegalOperation, 'only ACK and ERROR are expected in a read transfer')
    }
  }

  /** @param block the 16 bits on the wire */
  acknowledge(block: number, now: number): Step {
    if (this.finished) return this.#wait()
    const ahead = (block - wireBlock(this.#acknowledged) + 0x10000) % 0x10000
    const negotiating = this.#state === 'negotiating'
    // An ACK for anything but what is out is late or a duplicate. Answering it would send every later block twice, for
    // good; only the timer may send again what was not acknowledged.
    if (negotiating ? ahead !== 0 : ahead === 0 || ahead > this.#out - this.#acknowledged) return this.#wait()
    if (this.#sent === 1) this.#roundTrip.sample(now - this.#sentAt)
    this.#lastHeardAt = now
    this.#proven = true
    this.#acknowledged += ahead
    // RFC 7440 section 4: less than all of the window means that the next one was lost; all goes on from there.
    if (this.#acknowledged < this.#blocks) return this.#window(now)
    this.#state = 'lingering'
    this.#deadline = now + this.#timing.lingerMs
    return { ...this.#wait(), outcome: { kind: 'done', bytes: this.size, acknowledged: true } }
  }

  /** Time has passed. Harmless before the deadline. */
  tick(now: number): Step {
    if (this.#deadline === undefined || now < this.#deadline) return this.#wait()
    if (this.#state === 'lingering') return this.#close()
    const limit = this.#proven ? this.#timing.attempts : this.#timing.firstAttempts
    const idle = now - this.#lastHeardAt
    if (this.#counted < limit && idle < this.#timing.idleMs) {
      this.#transmitted(now)
      return { send: [this.#inFlight()], deadline: this.#deadline }
    }
    if (this.#proven && this.#acknowledged + 1 === this.#blocks) {
      return this.#close({ kind: 'done', bytes: this.size, acknowledged: false })
    }
    return this.#close({ kind: 'failed', reason: 'timeout', bytes: this.acknowledgedBytes })
  }

  /** Ends the transfer from our side: tells the client why, once. */
  abort(code: number, message: string): Step {
    if (this.finished) return this.#close()
    const outcome: Outcome = {
      kind: 'failed',
      reason: 'server-error',
      bytes: this.acknowledgedBytes,
      code,
      message,
    }
    return { ...this.#close(outcome), send: [{ kind: 'error', code, message }] }
  }

  /** The client began anew from the same TID. It is told nothing: an ERROR would end its new transfer. */
  supersede(): Step {
    if (this.finished) return this.#close()
    return this.#close({ kind: 'failed', reason: 'superseded', bytes: this.acknowledgedBytes })
  }

  #refused(code: number, message: string): Outcome {
    // EDK2 ends its size probe with ERROR 8, Intel's boot ROMs and others with ERROR 0, before anything is
    // acknowledged. Past that point the same codes mean that somebody gave up.
    const beginning = this.#acknowledged === 0
    if (beginning && (code === ErrorCode.undefined || code === ErrorCode.optionRefused)) {
      return { kind: 'probe', code, message }
    }
    return { kind: 'failed', reason: 'client-error', bytes: this.acknowledgedBytes, code, message }
  }

  /** The blocks behind the last one that was acknowledged. */
  #window(now: number): Step {
    this.#state = 'transferring'
    // One block for a client that has not proved its address; without an OACK there is no window either.
    this.#out = Math.min(this.#acknowledged + this.windowsize, this.#blocks)
    this.#renew(now)
    return { send: [this.#inFlight()], deadline: this.#deadline }
  }

  /** Something new goes out. */
  #renew(now: number): void {
    this.#sent = 0
    this.#counted = 0
    this.#transmitted(now)
  }

  #transmitted(now: number): void {
    const { retransmitCapMs, idleMs } = this.#timing
    const patience = this.#paced ? undefined : this.#roundTrip.patience
    const first = patience ?? this.firstWaitMs
    const wait = Math.min(first * 2 ** this.#sent, Math.max(retransmitCapMs, this.firstWaitMs))
    this.#sent += 1
    if (wait >= this.firstWaitMs) this.#counted += 1
    this.#sentAt = now
    // Never sleep past the idle limit: the client's time is up there, whatever the backoff says.
    this.#deadline = Math.min(now + wait, Math.max(now, this.#lastHeardAt + idleMs))
  }

  #inFlight(): Transmission {
    if (this.#state === 'negotiating') return { kind: 'oack', options: this.options }
    const block = this.#acknowledged + 1
    const count = this.#out - this.#acknowledged
    const offset = (block - 1) * this.blksize
    const length = Math.min(count * this.blksize, this.size - offset)
    return { kind: 'data', block, count, offset, length }
  }

  #wait(): Step {
    return { send: NOTHING, deadline: this.#deadline }
  }

  #close(outcome?: Outcome): Step {
    this.#state = 'closed'
    this.#deadline = undefined
    return { send: NOTHING, deadline: undefined, ...(outcome === undefined ? {} : { outcome }) }
  }
}
