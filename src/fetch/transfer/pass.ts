/**
 * One pass over the bytes of a file in their order, from the first to the last: digests, and whoever else wants to see
 * them, a signature for one. It outlives a lost connection; it starts again only when the file does.
 */
import type { DigestAlgorithm } from '../types.js'
import { inlineHasher, threadHasher, type Digests, type Hasher } from './hasher.js'

/**
 * Sees every byte once, in order; the stream ends after the last one and errors when the pass is given up.
 * It throws when the file is not to be trusted.
 */
export type Inspect = (bytes: ReadableStream<Uint8Array>) => Promise<void>

export const blockSize = 1 << 20
/** Blocks on their way to the disk and the hash; with `blockSize` the memory of one transfer. */
const blocks = 6
/** A file that is smaller is hashed before a thread would have started. */
const threadFrom = 8 * 1024 * 1024

export class Pass {
  /** Bytes that went through. */
  position = 0
  readonly #hasher: Hasher
  readonly #free: ArrayBuffer[] = []
  #made = 0
  #waiting: ((block: ArrayBuffer) => void) | undefined
  #inFlight = new Set<Promise<unknown>>()
  #failure: Error | undefined
  readonly #inspection: Promise<unknown> | undefined
  #tap: ReadableStreamDefaultController<Uint8Array> | undefined
  #wanted: (() => void) | undefined
  #tapOpen = false

  /** @param size where it is known */
  constructor(
    algorithms: readonly DigestAlgorithm[],
    size: number | undefined,
    inspect: Inspect | undefined,
  ) {
    this.#hasher = (size ?? Infinity) < threadFrom ? inlineHasher(algorithms) : threadHasher(algorithms)
    if (inspect === undefined) return
    this.#tapOpen = true
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#tap = controller
        },
        pull: () => {
          this.#wanted?.()
        },
        cancel: () => {
          this.#closeTap()
        },
      },
      { highWaterMark: 16 },
    )
    // settled later, by finish() or drop(): until then a rejection must not count as unhandled
    this.#inspection = Promise.resolve()
      .then(() => inspect(stream))
      .then(
        () => undefined,
        (error: unknown) => ({ error }),
      )
      .finally(() => {
        this.#closeTap()
      })
  }

  #closeTap(): void {
    this.#tapOpen = false
    this.#wanted?.()
  }

  /** A block to fill; waits until one is free. */
  block(): Promise<ArrayBuffer> | ArrayBuffer {
    const free = this.#free.pop()
    if (free !== undefined) return free
    if (this.#made < blocks) {
      this.#made++
      return new ArrayBuffer(blockSize)
    }
    return new Promise((resolve) => {
      this.#waiting = resolve
    })
  }

  /** Gives a block back that was not fed. */
  release(block: ArrayBuffer): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting) waiting(block)
    else this.#free.push(block)
  }

  /**
   * Takes the next bytes.
   * @param also what uses the block before: a write; those end in the order in which they were begun
   */
  feed(block: ArrayBuffer, length: number, also?: Promise<unknown>): void {
    this.position += length
    // in this order: the block leaves this thread while it is hashed
    const all = (also ?? Promise.resolve())
      .then(() => this.#hasher.update(block, length))
      .then(
        (back) => {
          this.release(back)
        },
        (error: unknown) => {
          this.#failure ??= error as Error
          this.release(new ArrayBuffer(blockSize))
        },
      )
      .finally(() => {
        this.#inFlight.delete(all)
      })
    this.#inFlight.add(all)
  }

  /** Shows bytes to the inspector; they must not change later. Waits while it is behind. */
  show(chunk: Uint8Array): Promise<void> | undefined {
    if (!this.#tapOpen || this.#tap === undefined) return undefined
    this.#tap.enqueue(chunk)
    if ((this.#tap.desiredSize ?? 0) > 0) return undefined
    return new Promise((resolve) => {
      this.#wanted = () => {
        this.#wanted = undefined
        resolve()
      }
    })
  }

  get inspected(): boolean {
    return this.#inspection !== undefined
  }

  /**
   * Ends the pass.
   * @throws what `inspect` threw, as `cause` of an {@link InspectionFailed}
   */
  async finish(): Promise<Digests> {
    await Promise.all(this.#inFlight)
    if (this.#failure !== undefined) throw this.#failure
    const digests = await this.#hasher.digest()
    if (this.#tapOpen) this.#tap?.close()
    const outcome = (await this.#inspection) as { error: unknown } | undefined
    if (outcome !== undefined) throw new InspectionFailed(outcome.error)
    return digests
  }

  /** Gives the pass up. */
  async drop(): Promise<void> {
    await Promise.all(this.#inFlight)
    this.#hasher.drop()
    if (this.#tapOpen) this.#tap?.error(new Error('the transfer starts over'))
    await this.#inspection
  }
}

export class InspectionFailed extends Error {
  override readonly name = 'InspectionFailed'
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
