/**
 * The octets of a response: pieces of the open file that all clients share ({@link ../content.ts}), handed to the
 * socket as they are and let go when the system has them. A client has one piece at a time, however slowly it reads.
 *
 * `send` would read the file anew for each client, through a stream of its own: a third of the speed for files of
 * 1 MiB (bench/serve.ts).
 */
import type { ServerResponse } from 'node:http'
import { type Content, FileChangedError, type Piece } from '../content.js'
import type { SharedFile } from '../files.js'
import { errorCode } from '../tree.js'

export class Body {
  readonly #res: ServerResponse
  readonly #content: Content
  readonly #file: SharedFile
  readonly #start: number
  readonly #end: number
  #at: number
  #piece: Piece | undefined
  /** Why the response was cut off by us, once it was. */
  problem: string | undefined

  /** @param end offset behind the last octet */
  constructor(res: ServerResponse, content: Content, file: SharedFile, start: number, end: number) {
    this.#res = res
    this.#content = content
    this.#file = file
    this.#start = start
    this.#end = end
    this.#at = start
  }

  /** Octets handed to the socket. */
  get bytes(): number {
    return this.#at - this.#start
  }

  send(): void {
    this.#next()
  }

  readonly #written = (error?: Error | null): void => {
    this.release()
    if (error === undefined || error === null) this.#next()
  }

  #next(): void {
    if (this.#at === this.#end) {
      // An empty file; otherwise the last octets ended the response.
      if (!this.#res.writableEnded) this.#res.end()
      return
    }
    const piece = this.#content.take(this.#file, this.#at)
    if (piece !== undefined) this.#write(piece)
    else void this.#load()
  }

  async #load(): Promise<void> {
    try {
      this.#write(await this.#content.load(this.#file, this.#at))
    } catch (error) {
      // Fewer octets than promised: on a kept-alive connection the client would wait for the rest for ever, and take
      // the next response for it.
      this.problem =
        error instanceof FileChangedError
          ? error.message
          : `the file could not be read to its end (${errorCode(error)})`
      this.#res.destroy()
    }
  }

  #write(piece: Piece): void {
    if (this.#res.destroyed) {
      piece.release()
      return
    }
    this.#piece = piece
    const from = this.#at - piece.start
    const part = piece.bytes.subarray(from, Math.min(from + this.#end - this.#at, piece.bytes.length))
    this.#at += part.length
    if (this.#at === this.#end) {
      this.#res.end(part, this.#written)
      return
    }
    this.#content.prefetch(this.#file, this.#at)
    this.#res.write(part, this.#written)
  }

  /** The connection is gone, and with it whoever would have reported that a piece is no longer needed. */
  release(): void {
    this.#piece?.release()
    this.#piece = undefined
  }
}
