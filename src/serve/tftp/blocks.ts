/** The octets of one transfer's blocks, out of the pieces that all clients share. */
import type { Content, Piece } from '../content.js'
import type { Source } from './lane.js'

export class Blocks {
  readonly #content: Content
  readonly #source: Source
  #piece: Piece | undefined
  #closed = false

  constructor(content: Content, source: Source) {
    this.#content = content
    this.#source = source
  }

  /** Copies the range into `target` when it is at hand; false: {@link fetch} it. */
  copy(target: Uint8Array, at: number, offset: number, length: number): boolean {
    const end = offset + length
    while (offset < end) {
      let piece = this.#piece
      if (piece === undefined || offset < piece.start || offset >= piece.start + piece.bytes.length) {
        piece = this.#content.take(this.#source.file, offset)
        if (piece === undefined) return false
        this.#hold(piece)
      }
      const from = offset - piece.start
      const part = piece.bytes.subarray(from, Math.min(from + end - offset, piece.bytes.length))
      target.set(part, at)
      at += part.length
      offset += part.length
    }
    return true
  }

  /**
   * The same, waiting for the disk.
   * @throws FileChangedError or a system error
   */
  async fetch(target: Uint8Array, at: number, offset: number, length: number): Promise<void> {
    const end = offset + length
    while (offset < end) {
      const piece = await this.#content.load(this.#source.file, offset)
      this.#hold(piece)
      // Its octets would be gone.
      if (this.#closed) return
      const part = Math.min(end, piece.start + piece.bytes.length) - offset
      this.copy(target, at, offset, part)
      at += part
      offset += part
    }
  }

  close(): void {
    this.#closed = true
    this.#piece?.release()
    this.#piece = undefined
    this.#source.release()
  }

  #hold(piece: Piece): void {
    this.#piece?.release()
    this.#piece = this.#closed ? undefined : piece
    if (this.#closed) piece.release()
  }
}
