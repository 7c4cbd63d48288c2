/**
 * Transfers in a thread of their own: a block and its ACK are 10 to 20 microseconds of work for Node, so one thread is
 * soon busy with a rack that asks for its loader. The thread gets descriptors and addresses, and tells what happens.
 */
import type { Worker } from 'node:worker_threads'
import { startThread } from '../../files/thread.js'
import type { OnEvent } from '../events.js'
import type { Lease, SharedFile } from '../files.js'
import type { Order, Running } from './lane.js'
import type { LaneOrder, LaneReport } from './lane-worker.js'
import type { Phase } from './transfer.js'

export interface RemoteLaneOptions {
  readonly onEvent: OnEvent
  /** It cannot be used any more; its transfers are closed. */
  readonly onEnd: (lane: RemoteLane, reason: string) => void
}

interface Hooks {
  readonly onPhase: (phase: Phase) => void
  /** There was no socket for it; `onPhase('closed')` follows. */
  readonly onFailed: (code: string) => void
}

let lastKey = 0
const keys = new WeakMap<SharedFile, number>()

function keyOf(file: SharedFile): number {
  let key = keys.get(file)
  if (key === undefined) keys.set(file, (key = ++lastKey))
  return key
}

export class RemoteLane {
  readonly #options: RemoteLaneOptions
  readonly #worker: Worker
  readonly #transfers = new Map<number, RemoteTransfer>()
  #ready = false
  #load = 0
  #lastId = 0

  constructor(options: RemoteLaneOptions) {
    this.#options = options
    this.#worker = startThread(new URL('./lane-worker', import.meta.url), { execArgv: [] })
    // the sockets of the server keep the process, and nothing else
    this.#worker.unref()
    this.#worker.on('message', (report: LaneReport) => {
      this.#hear(report)
    })
    this.#worker.on('error', (error) => {
      this.#end(error instanceof Error ? error.message : String(error))
    })
    this.#worker.on('exit', () => {
      this.#end('it ended')
    })
  }

  /** It has started; what is given to it before then has to wait. */
  get ready(): boolean {
    return this.#ready
  }

  /** Transfers whose client does not have everything yet. */
  get load(): number {
    return this.#load
  }

  /** @param lease released with the end of the transfer */
  start(order: Order, lease: Lease, hooks: Hooks): Running {
    const id = ++this.#lastId
    const transfer = new RemoteTransfer((rest) => {
      this.#send({ ...rest, id })
    }, hooks)
    this.#transfers.set(id, transfer)
    this.#load += 1
    transfer.onDone = () => {
      this.#load -= 1
    }
    transfer.onClosed = () => {
      this.#transfers.delete(id)
      lease.release()
    }
    const { size, mtimeNs, ctimeNs, ino, dev, handle } = lease.file
    const file = { key: keyOf(lease.file), fd: handle.fd, size, mtimeNs, ctimeNs, ino, dev }
    this.#send({ kind: 'start', id, order, file })
    return transfer
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #send(order: LaneOrder): void {
    this.#worker.postMessage(order)
  }

  #hear(report: LaneReport): void {
    switch (report.kind) {
      case 'ready':
        this.#ready = true
        return
      case 'event':
        this.#options.onEvent(report.event)
        return
      case 'phase':
        this.#transfers.get(report.id)?.enter(report.phase)
        return
      case 'again':
        this.#transfers.get(report.id)?.again?.()
        return
      case 'failed':
        this.#transfers.get(report.id)?.failed(report.code)
    }
  }

  #end(reason: string): void {
    this.#ready = false
    for (const transfer of this.#transfers.values()) transfer.enter('closed')
    this.#options.onEnd(this, reason)
  }
}

class RemoteTransfer implements Running {
  finished = false
  closed = false
  onDone: (() => void) | undefined
  onClosed: (() => void) | undefined
  /** For the last request that was repeated. */
  again: (() => void) | undefined
  readonly #tell: (order: Told) => void
  readonly #hooks: Hooks

  constructor(tell: (order: Told) => void, hooks: Hooks) {
    this.#tell = tell
    this.#hooks = hooks
  }

  abort(message: string): void {
    this.#tell({ kind: 'abort', message })
  }

  supersede(): void {
    this.#tell({ kind: 'supersede' })
  }

  repeated(again: () => void): void {
    this.again = again
    this.#tell({ kind: 'repeated' })
  }

  failed(code: string): void {
    this.#hooks.onFailed(code)
    this.enter('closed')
  }

  enter(phase: Phase): void {
    if (phase !== 'proven' && !this.finished) {
      this.finished = true
      this.onDone?.()
    }
    if (phase === 'closed') {
      this.closed = true
      this.onClosed?.()
    }
    this.#hooks.onPhase(phase)
  }
}

type Told = { readonly kind: 'abort'; readonly message: string } | { readonly kind: 'supersede' | 'repeated' }
