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

/**
 * Memory on its way to the disk and the hash. Few large blocks halve the work of the system: while all are in use, the
 * socket collects megabytes, which then come in one read.
 */
const largeBlock = 4 << 20
const smallBlock = 1 << 20
const mostBlocks = 3
/** Passes with large blocks at a time; they hold 48 MB. */
const mostLarge = 4
let large = 0
/** A file that is smaller is hashed before a thread would have started. */
const threadFrom = 8 * 1024 * 1024

export class Pass {
  /** Bytes that went through. */
  position = 0
  readonly #hasher: Hasher
  readonly blockSize: number
  readonly #ring: { memory: SharedArrayBuffer; busy: Promise<void> | undefined }[] = []
  #next = 0
  #failure: Error | undefined
  readonly #inspection: Promise<unknown> | undefined
  #tap: ReadableStreamDefaultController<Uint8Array> | undefined
  #wanted: (() => void) | undefined
  #tapOpen = false
  #isLarge: boolean

  /** @param size where it is known */
  constructor(
    algorithms: readonly DigestAlgorithm[],
    size: number | undefined,
    inspect: Inspect | undefined,
  ) {
    this.#hasher = (size ?? Infinity) < threadFrom ? inlineHasher(algorithms) : threadHasher(algorithms)
    this.#isLarge = large < mostLarge && (size ?? Infinity) >= threadFrom
    if (this.#isLarge) large++
    this.blockSize = this.#isLarge ? largeBlock : smallBlock
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
      new ByteLengthQueuingStrategy({ highWaterMark: 1 << 20 }),
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

  /** The block to fill next; it may be read into as soon as it is {@link ready}. */
  get block(): SharedArrayBuffer {
    const slot = (this.#ring[this.#next] ??= {
      memory: new SharedArrayBuffer(this.blockSize),
      busy: undefined,
    })
    return slot.memory
  }

  /** Fulfilled when nobody uses the block any more; undefined: now. */
  get ready(): Promise<void> | undefined {
    return this.#ring[this.#next]?.busy
  }

  /**
   * Takes the next bytes: so many of the block.
   * @param also uses the block at the same time: a write, which does not fail
   */
  feed(length: number, also?: () => Promise<void> | undefined): void {
    this.position += length
    const { block } = this
    const slot = this.#ring[this.#next]!
    this.#next = (this.#next + 1) % mostBlocks
    const hashed = this.#hasher.update(block, length).catch((error: unknown) => {
      this.#failure ??= error as Error
    })
    slot.busy = Promise.all([hashed, also?.()]).then(() => {
      slot.busy = undefined
    })
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
    for (const { busy } of this.#ring) await busy
    this.#end()
    if (this.#failure !== undefined) throw this.#failure
    const digests = await this.#hasher.digest()
    if (this.#tapOpen) this.#tap?.close()
    const outcome = (await this.#inspection) as { error: unknown } | undefined
    if (outcome !== undefined) throw new InspectionFailed(outcome.error)
    return digests
  }

  #end(): void {
    if (this.#isLarge) large--
    this.#isLarge = false
  }

  /** Gives the pass up. */
  async drop(): Promise<void> {
    for (const { busy } of this.#ring) await busy
    this.#end()
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
