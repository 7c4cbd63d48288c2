/**
 * Byte ranges of one open file for one TFTP transfer. Reads ahead in chunks, because a read per 512 octets would
 * cost more than the network; a chunk is never overwritten, so a block may sit in a socket's queue meanwhile.
 */
import type { TreeFile } from '../tree.js'

/** Each transfer holds one: at the bound of 4096 transfers that is 256 MiB. */
const CHUNK = 64 * 1024

/** The file is no longer what it was when the transfer began. */
export class FileChangedError extends Error {}

export class BlockSource {
  readonly #file: TreeFile
  #chunk: Uint8Array = new Uint8Array(0)
  #chunkAt = 0

  constructor(file: TreeFile) {
    this.#file = file
  }

  /** The range when it is at hand, else undefined: then {@link load} it. */
  peek(offset: number, length: number): Uint8Array | undefined {
    const from = offset - this.#chunkAt
    if (from < 0 || from + length > this.#chunk.length) return length === 0 ? new Uint8Array(0) : undefined
    return this.#chunk.subarray(from, from + length)
  }

  /**
   * Brings the range in and returns it.
   *
   * @throws FileChangedError when the file was written to or cut since it was opened: half of one version and
   *   half of another is a kernel that crashes, and the client could not tell.
   */
  async load(offset: number, length: number): Promise<Uint8Array> {
    const want = Math.min(Math.max(CHUNK, length), this.#file.size - offset)
    const buffer = Buffer.allocUnsafe(want)
    let filled = 0
    while (filled < want) {
      const { bytesRead } = await this.#file.handle.read(buffer, filled, want - filled, offset + filled)
      if (bytesRead === 0) throw new FileChangedError('the file became shorter while it was being sent')
      filled += bytesRead
    }
    const info = await this.#file.handle.stat({ bigint: true })
    if (info.mtimeNs !== this.#file.mtimeNs || info.size !== BigInt(this.#file.size)) {
      throw new FileChangedError('the file was rewritten in place while it was being sent')
    }
    this.#chunk = buffer
    this.#chunkAt = offset
    return buffer.subarray(0, length)
  }
}
