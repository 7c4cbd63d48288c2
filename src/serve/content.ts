/**
 * The octets of open files, in chunks that all clients of both protocols share: one read, many readers. Its memory
 * is bounded however many clients there are and however slowly they read: what does not fit goes out in pieces that
 * belong to one reader, and the more of them there are the smaller they get.
 */
import type { FileState } from './tree.js'

/** Measured: at 64 KiB a chunk, a file of 1 MiB goes out three times slower. */
export const CHUNK = 1024 * 1024
/** Shared chunks in all. A loader, a kernel and the part of an initrd that a boot storm is at. */
const SHARED_LIMIT = 80 * CHUNK
/** A piece of one reader, and a smaller one from the limit on. */
const OWN_PIECE = 64 * 1024
const SMALL_PIECE = 8 * 1024
const OWN_LIMIT = 32 * CHUNK
/** Buffers of evicted chunks that wait for the next one: otherwise a big file is garbage at the rate of the line. */
const SPARE = 4

/** The file is no longer what it was when the transfer began. */
export class FileChangedError extends Error {}

/** As much of a `FileHandle` as is needed here. */
export interface ContentHandle {
  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>
  stat(options: { bigint: true }): Promise<{ readonly size: bigint; readonly mtimeNs: bigint }>
}

/** What chunks are read from; they are kept in it. */
export interface ContentSource extends FileState {
  readonly handle: ContentHandle
  readonly chunks: Map<number, Chunk>
}

/** Octets of a file that stay as they are until they are released. */
export interface Piece {
  /** Offset of the first one in the file. */
  readonly start: number
  readonly bytes: Uint8Array
  /** Once only. */
  release(): void
}

export interface Chunk {
  readonly source: ContentSource
  readonly index: number
  readonly length: number
  bytes: Uint8Array | undefined
  /** Until it is read. */
  loading: Promise<void> | undefined
  /** Readers that have it or wait for it. */
  pins: number
}

export class Content {
  readonly #limit: number
  #shared = 0
  #own = 0
  /** Chunks that nobody reads, the one unused for longest first. */
  readonly #idle = new Set<Chunk>()
  readonly #spare: Buffer[] = []

  constructor(limit = SHARED_LIMIT) {
    this.#limit = limit
  }

  /** Octets held for all readers, and for single ones. */
  get held(): { readonly shared: number; readonly own: number } {
    return { shared: this.#shared, own: this.#own }
  }

  /** The octets from `at` on when they are at hand, else undefined: then {@link load} them. */
  take(source: ContentSource, at: number): Piece | undefined {
    const chunk = source.chunks.get(Math.floor(at / CHUNK))
    return chunk?.bytes === undefined ? undefined : this.#pin(chunk)
  }

  /**
   * @param at less than the size of the file
   * @throws FileChangedError when the file was written to or cut since it was opened: half of one version and half of
   *   another is a kernel that crashes, and the client could not tell
   */
  async load(source: ContentSource, at: number): Promise<Piece> {
    const chunk = source.chunks.get(Math.floor(at / CHUNK)) ?? this.#begin(source, Math.floor(at / CHUNK))
    if (chunk === undefined) return this.#loadOwn(source, at)
    const piece = this.#pin(chunk)
    try {
      await chunk.loading
      return piece
    } catch (error) {
      piece.release()
      throw error
    }
  }

  /** Reads the chunk at `at` before somebody waits for it, if there is room without taking it from a reader. */
  prefetch(source: ContentSource, at: number): void {
    const index = Math.floor(at / CHUNK)
    if (at >= source.size || source.chunks.has(index)) return
    const chunk = this.#begin(source, index)
    if (chunk === undefined) return
    const piece = this.#pin(chunk)
    // Whoever comes for it finds the error again.
    chunk.loading
      ?.catch(() => undefined)
      .finally(() => {
        piece.release()
      })
  }

  /** Lets go of what nobody reads of this file. */
  forget(source: ContentSource): void {
    for (const chunk of source.chunks.values()) if (chunk.pins === 0) this.#drop(chunk)
  }

  #begin(source: ContentSource, index: number): Chunk | undefined {
    const start = index * CHUNK
    const length = Math.min(CHUNK, source.size - start)
    for (const chunk of this.#idle) {
      if (this.#shared + length <= this.#limit) break
      this.#drop(chunk)
    }
    if (this.#shared + length > this.#limit) return undefined
    this.#shared += length
    const bytes = (length === CHUNK ? this.#spare.pop() : undefined) ?? Buffer.allocUnsafeSlow(length)
    const chunk: Chunk = { source, index, length, bytes: undefined, loading: undefined, pins: 0 }
    source.chunks.set(index, chunk)
    chunk.loading = readExactly(source, bytes, start).then(
      () => {
        chunk.bytes = bytes
        chunk.loading = undefined
      },
      (error: unknown) => {
        source.chunks.delete(index)
        this.#shared -= length
        throw error
      },
    )
    return chunk
  }

  #pin(chunk: Chunk): Piece {
    chunk.pins += 1
    this.#idle.delete(chunk)
    return {
      start: chunk.index * CHUNK,
      get bytes() {
        return chunk.bytes!
      },
      release: () => {
        chunk.pins -= 1
        // Without octets its reading failed, and it is no longer counted.
        if (chunk.pins === 0 && chunk.bytes !== undefined) this.#idle.add(chunk)
      },
    }
  }

  #drop(chunk: Chunk): void {
    this.#idle.delete(chunk)
    chunk.source.chunks.delete(chunk.index)
    this.#shared -= chunk.length
    if (chunk.length === CHUNK && this.#spare.length < SPARE) this.#spare.push(chunk.bytes as Buffer)
    chunk.bytes = undefined
  }

  async #loadOwn(source: ContentSource, at: number): Promise<Piece> {
    const size = this.#own < OWN_LIMIT ? OWN_PIECE : SMALL_PIECE
    const bytes = Buffer.allocUnsafeSlow(Math.min(size, source.size - at))
    this.#own += bytes.length
    try {
      await readExactly(source, bytes, at)
    } catch (error) {
      this.#own -= bytes.length
      throw error
    }
    return {
      start: at,
      bytes,
      release: () => {
        this.#own -= bytes.length
      },
    }
  }
}

async function readExactly(source: ContentSource, into: Buffer, from: number): Promise<void> {
  let filled = 0
  while (filled < into.length) {
    const { bytesRead } = await source.handle.read(into, filled, into.length - filled, from + filled)
    if (bytesRead === 0) throw new FileChangedError('the file became shorter while it was being sent')
    filled += bytesRead
  }
  // After the reading: a change before it shows as well, one behind it does not matter. Not the ctime, which another
  // file that takes the name changes too.
  const { size, mtimeNs } = await source.handle.stat({ bigint: true })
  if (Number(size) < source.size)
    throw new FileChangedError('the file became shorter while it was being sent')
  if (Number(size) !== source.size || mtimeNs !== source.mtimeNs) {
    throw new FileChangedError('the file was rewritten in place while it was being sent')
  }
}
