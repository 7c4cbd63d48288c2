/** Buffers for DATA packets. A packet is usually with the system when `send` returns, so one buffer for each size is
 * enough for all transfers. */
import { DATA_HEADER_LENGTH } from './packet.js'

/** Sizes are as many as clients like to ask for. */
const MAX_SIZES = 64

export class Packets {
  readonly #free = new Map<number, Buffer>()

  /** @param length octets of data; what is in them is left over */
  take(length: number): Buffer {
    const free = this.#free.get(length)
    if (free !== undefined) return free
    if (this.#free.size >= MAX_SIZES) this.#free.clear()
    const made = Buffer.allocUnsafeSlow(DATA_HEADER_LENGTH + length)
    this.#free.set(length, made)
    return made
  }

  /** A socket still has it. */
  lose(packet: Buffer): void {
    const length = packet.length - DATA_HEADER_LENGTH
    if (this.#free.get(length) === packet) this.#free.delete(length)
  }
}
