/**
 * How many requests each address may make. Generous: behind one address may be a rack (NAT, a container network), and
 * its machines are powered on together.
 */

/** Requests a second for a long time, and at once after a silence. */
const RATE = 200
const BURST = 2000
/** Addresses can be forged, so there may be more of them than there are machines; the oldest are forgotten. */
const MAX_SOURCES = 4096

interface Bucket {
  left: number
  at: number
  /** It has been said that this one is too fast. */
  told: boolean
}

export class Sources {
  readonly #buckets = new Map<string, Bucket>()
  readonly #rate: number
  readonly #burst: number

  constructor(rate = RATE, burst = BURST) {
    this.#rate = rate
    this.#burst = burst
  }

  get size(): number {
    return this.#buckets.size
  }

  /** @param now ms */
  admit(address: string, now: number): 'yes' | 'no' | 'no, for the first time' {
    let bucket = this.#buckets.get(address)
    if (bucket === undefined) {
      bucket = { left: this.#burst, at: now, told: false }
    } else {
      bucket.left = Math.min(this.#burst, bucket.left + ((now - bucket.at) * this.#rate) / 1000)
      bucket.at = now
      this.#buckets.delete(address)
    }
    this.#buckets.set(address, bucket)
    if (this.#buckets.size > MAX_SOURCES) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest)
        break
      }
    }
    if (bucket.left >= 1) {
      bucket.left -= 1
      bucket.told = false
      return 'yes'
    }
    if (bucket.told) return 'no'
    bucket.told = true
    return 'no, for the first time'
  }
}
