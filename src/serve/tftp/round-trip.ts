/**
 * How long the answer of one client takes, smoothed as TCP does it (RFC 6298): a lost packet is then sent again
 * after a few round trips instead of a second.
 */

/** A client that writes to flash, or a machine that is busy, is silent for this long without anything being lost. */
const FLOOR_MS = 50

export class RoundTrip {
  #mean: number | undefined
  #deviation = 0

  /** Only for what was sent once: an ACK of something sent twice may be the answer to either (Karn). */
  sample(ms: number): void {
    if (this.#mean === undefined) {
      this.#mean = ms
      this.#deviation = ms / 2
      return
    }
    this.#deviation += (Math.abs(this.#mean - ms) - this.#deviation) / 4
    this.#mean += (ms - this.#mean) / 8
  }

  /** When to send again; undefined before the first sample. */
  get patience(): number | undefined {
    return this.#mean === undefined ? undefined : Math.max(FLOOR_MS, this.#mean + 4 * this.#deviation)
  }
}
