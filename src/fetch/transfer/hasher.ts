/** Digests of a stream of blocks, in a thread of their own when that is worth its start. */
import { createHash, type Hash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { Worker } from 'node:worker_threads'
import { startThread } from '../../files/thread.js'
import type { DigestAlgorithm } from '../types.js'
import type { HashAnswer, HashOrder } from './hash-worker.js'

export type Digests = Partial<Record<DigestAlgorithm, string>>

/** One pass over bytes in order. */
export interface Hasher {
  /** Comes back when the block may be written to again. */
  update(block: SharedArrayBuffer, length: number): Promise<unknown>
  /** Ends the pass. */
  digest(): Promise<Digests>
  /** Ends it without a result. */
  drop(): void
}

export function inlineHasher(algorithms: readonly DigestAlgorithm[]): Hasher {
  const hashes: [DigestAlgorithm, Hash][] = algorithms.map((name) => [name, createHash(name)])
  return {
    update: (block, length) => {
      for (const [, hash] of hashes) hash.update(new Uint8Array(block, 0, length))
      return Promise.resolve()
    },
    digest: () =>
      Promise.resolve(Object.fromEntries(hashes.map(([name, hash]) => [name, hash.digest('hex')]))),
    drop: () => undefined,
  }
}

interface Waiting {
  resolve: (answer: HashAnswer) => void
  reject: (error: Error) => void
}

class HashThread {
  /** Passes that use it. */
  users = 0
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting[]>()
  #failure: Error | undefined
  #idle: NodeJS.Timeout | undefined

  constructor(onEnd: (thread: HashThread) => void) {
    this.#worker = startThread(new URL('./hash-worker', import.meta.url), {
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    })
    this.#worker.unref()
    this.#worker.on('message', (answer: HashAnswer) => this.#waiting.get(answer.id)?.shift()?.resolve(answer))
    this.#worker.on('error', (error: Error) => {
      this.#fail(error)
    })
    this.#worker.on('exit', () => {
      onEnd(this)
      this.#fail(new Error('the hashing thread ended'))
    })
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const list of this.#waiting.values()) for (const { reject } of list.splice(0)) reject(this.#failure)
  }

  send(order: HashOrder): void {
    this.#worker.postMessage(order)
  }

  ask(order: HashOrder): Promise<HashAnswer> {
    if (this.#failure) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      const list = this.#waiting.get(order.id) ?? []
      this.#waiting.set(order.id, list)
      list.push({ resolve, reject })
      this.send(order)
    })
  }

  acquire(): void {
    clearTimeout(this.#idle)
    // who waits for a digest must not find that the process has ended
    if (this.users++ === 0) this.#worker.ref()
  }

  release(id: number): void {
    this.#waiting.delete(id)
    if (--this.users > 0) return
    this.#worker.unref()
    this.#idle = setTimeout(() => void this.#worker.terminate(), 1000).unref()
  }
}

const threads = new Set<HashThread>()
const mostThreads = Math.max(1, Math.min(4, availableParallelism() - 1))
let nextId = 0

/** @throws nothing; a thread that cannot be started makes the first `update` fail */
export function threadHasher(algorithms: readonly DigestAlgorithm[]): Hasher {
  const thread = freeThread()
  thread.acquire()
  const id = ++nextId
  let ended = false
  const end = (): void => {
    if (!ended) thread.release(id)
    ended = true
  }
  thread.send({ id, kind: 'open', algorithms })
  return {
    update: (block, length) => thread.ask({ id, kind: 'update', block, length }),
    digest: async () => {
      try {
        return (await thread.ask({ id, kind: 'digest' })).digests ?? {}
      } finally {
        end()
      }
    },
    drop: () => {
      if (!ended) thread.send({ id, kind: 'drop' })
      end()
    },
  }
}

function freeThread(): HashThread {
  const best = [...threads].sort((a, b) => a.users - b.users)[0]
  if (best !== undefined && (best.users === 0 || threads.size >= mostThreads)) return best
  const thread = new HashThread((gone) => threads.delete(gone))
  threads.add(thread)
  return thread
}
