/**
 * Further connections for one file, where one alone is slow: each takes the far half of the longest part that is still
 * to come. Whether it helps is measured: a connection that makes it no faster is the last one.
 *
 * What they bring goes to the disk only, and through the digests when the bytes before it are there.
 */
import type { HttpResponse } from './client.js'
import type { Job } from './download.js'
import { foreignEncoding, header, parseContentRange, strongValidator } from './http-rules.js'
import { Watch } from './watch.js'

export interface SideRangePolicy {
  /** Milliseconds between two looks at the speed. */
  every: number
  /** A part is not cut into pieces shorter than this; bytes. */
  least: number
  /** What will be here in so many milliseconds is not cut. */
  soon: number
  /** Connections besides the first. */
  most: number
}

export const defaultSideRanges: SideRangePolicy = { every: 2000, least: 4 << 20, soon: 5000, most: 3 }

/** So much faster it has to become by one more connection. */
const gain = 1.15

/** Bytes that one connection brings: from where it is, up to but not including `end`, which moves. */
export interface Part {
  at: number
  end: number
}

export class SideRanges {
  readonly #job: Job
  readonly #url: string
  readonly #policy: SideRangePolicy
  /** Of the connection that brings the first missing byte; done when its `at` is its `end`. */
  readonly #main: Part
  readonly #sides = new Set<Part>()
  readonly #running = new Set<Promise<void>>()
  readonly #stop = new AbortController()
  readonly #timer: NodeJS.Timeout
  #last: { time: number; bytes: number }
  /** Bytes per millisecond before the newest connection. */
  #before = 0
  #enough = false
  #opening = false

  /** @param main as asked for; the caller moves its `at` on and ends it at its `end` */
  constructor(job: Job, url: string, main: Part) {
    this.#job = job
    this.#url = url
    this.#main = main
    this.#policy = job.context.client.sideRanges
    this.#last = { time: performance.now(), bytes: this.bytes }
    this.#timer = setInterval(() => {
      this.#look()
    }, this.#policy.every)
  }

  /** Bytes of the file that are here. */
  get bytes(): number {
    const { at } = this.#main
    return this.#job.partial.ranges.reduce(
      (sum, [from, to]) => sum + Math.max(0, to - Math.max(from, at)),
      at,
    )
  }

  /** Comes back when the connections have ended, well or not: holes that they leave are seen in the file. */
  async done(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
    this.stop()
  }

  /** Ends the connections; what they have brought stays. */
  stop(): void {
    clearInterval(this.#timer)
    this.#stop.abort()
  }

  #look(): void {
    // not a word about its speed yet
    if (this.#opening) return
    const { time, bytes } = this.#last
    const now = { time: performance.now(), bytes: this.bytes }
    this.#last = now
    const rate = (now.bytes - bytes) / Math.max(1, now.time - time)
    const { least, soon, most } = this.#policy
    if (this.#sides.size > 0 && rate < this.#before * gain) this.#enough = true
    const longest = [this.#main, ...this.#sides].reduce((a, b) => (b.end - b.at > a.end - a.at ? b : a))
    const left = longest.end - longest.at
    // nothing comes at all: that is a fault, and more of the same does not mend it
    const isWorthIt = !this.#enough && rate > 0 && left >= 2 * least && left / rate > soon
    const { client } = this.#job.context
    if (!isWorthIt || this.#running.size >= most || !client.hasRoom(this.#url)) return
    this.#before = rate
    this.#opening = true
    const run = this.#open(longest)
      .catch(() => {
        // it was one too many, or the server is ill: the first connection will tell
        this.#enough = true
      })
      .finally(() => {
        this.#opening = false
        this.#running.delete(run)
      })
    this.#running.add(run)
  }

  async #open(whole: Part): Promise<void> {
    const { partial, context, emit } = this.#job
    const { validator, total } = partial
    const { signal } = this.#stop
    const middle = whole.at + Math.ceil((whole.end - whole.at) / 2)
    await partial.scatter()
    const response = await context.client.get(this.#url, {
      headers: {
        range: `bytes=${middle}-${whole.end - 1}`,
        ...(validator !== undefined && { 'if-range': validator.value }),
      },
      signal,
    })
    const part: Part = { at: middle, end: whole.end }
    try {
      const range = parseContentRange(header(response.headers, 'content-range'))
      const tag = strongValidator(response.headers)
      const fits =
        response.status === 206 &&
        range?.first === middle &&
        range.total === total &&
        (tag === undefined || tag.value === validator?.value) &&
        foreignEncoding(response.headers, this.#url) === undefined
      if (!fits || whole.at >= middle || signal.aborted) throw new Error('not the part that was asked for')
      whole.end = middle
      this.#sides.add(part)
      this.#opening = false
      this.#last = { time: performance.now(), bytes: this.bytes }
      emit({ type: 'parallel', url: this.#url, at: middle, connections: this.#sides.size + 1 })
      await this.#receive(part, response)
    } finally {
      response.body.destroy()
      this.#sides.delete(part)
    }
  }

  async #receive(part: Part, response: HttpResponse): Promise<void> {
    const { partial, context } = this.#job
    const watch = new Watch(response, context.client, this.#url)
    const enough = new Error('the rest is there')
    try {
      await response.body.consume((data) => {
        const chunk = data.subarray(0, Math.max(0, part.end - part.at))
        watch.bytes += chunk.length
        const written = partial.write(chunk, part.at)
        part.at += chunk.length
        if (partial.failed || part.at >= part.end) throw enough
        return written
      })
    } catch (error) {
      if (error !== enough) throw error
    } finally {
      watch.stop()
    }
  }
}
