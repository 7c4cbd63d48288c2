/** One try to get the missing bytes of a file from one URL. */
import type { HttpResponse } from './client.js'
import { Discarder } from './discard.js'
import type { Job } from './download.js'
import { cancelled, networkFailure, shown, statusFailure, TransferFailure } from './failure.js'
import {
  contentLength,
  foreignEncoding,
  header,
  isHtml,
  isPassing,
  parseContentRange,
  retryAfter,
  strongValidator,
  type Validator,
} from './http-rules.js'
import { Pass } from './pass.js'
import { type Part, SideRanges } from './side-ranges.js'
import { Watch } from './watch.js'

/** Milliseconds after which bytes that trickle in go to the disk although they fill no block. */
const flushAfter = 1000
const progressEvery = 100
/** Bytes at a time when they are counted against a rate: more would come in jerks. */
const limitedRead = 64 * 1024
/** A smaller file is not worth a connection of its own. */
const directFrom = 256 * 1024

export class Attempt {
  etag: string | undefined
  lastModified: string | undefined
  readonly #job: Job
  readonly #url: string
  #lastProgress = 0

  constructor(job: Job, url: string) {
    this.#job = job
    this.#url = url
  }

  /** Comes back when all bytes have gone through the job's pass. @throws TransferFailure and what the network throws */
  async run(): Promise<void> {
    const { partial } = this.#job
    for (;;) {
      const { total } = partial
      if (total !== undefined && partial.prefix >= total) {
        await this.#catchUp(total)
        return
      }
      if ((await this.#fetchGap()) === 'complete') {
        await this.#catchUp(partial.prefix)
        return
      }
    }
  }

  /** @returns `complete` when the end of the file was reached, `more` when there may be further holes */
  async #fetchGap(): Promise<'complete' | 'more'> {
    const { partial, context, signal } = this.#job
    const range = this.#rangeHeaders()
    if (range === undefined && partial.length > 0) {
      await this.#startOver(`${shown(this.#url)} gives nothing to recognise the file by`, {})
    }
    const { from, to } = partial.gap
    // the prefix is read while no connection waits for it
    if (range !== undefined) await this.#catchUp(from)
    const response = await context.client.get(this.#url, {
      headers: range ?? {},
      direct: (this.#job.request.size ?? Infinity) >= directFrom,
      ...(signal && { signal }),
    })
    try {
      const first = await this.#accept(response, range === undefined ? 0 : from)
      if (first === 'complete') {
        response.body.destroy()
        return 'complete'
      }
      await partial.needRoom(Math.max(0, (partial.total ?? 0) - partial.length))
      this.etag = header(response.headers, 'etag')
      this.lastModified = header(response.headers, 'last-modified')
      this.#job.origins.add(this.#url)
      return await this.#receive(response, first, first === 0 ? undefined : to)
    } catch (error) {
      response.body.destroy()
      throw error
    }
  }

  /** What to ask for the missing bytes with; undefined: all of it has to come again, or nothing is there yet. */
  #rangeHeaders(): Record<string, string> | undefined {
    const { partial, pinned } = this.#job
    const { from, to } = partial.gap
    if (partial.length === 0) return undefined
    const range = `bytes=${from}-${to === undefined || to === partial.total ? '' : to - 1}`
    const { validator } = partial
    if (partial.url === this.#url) return validator && { range, 'if-range': validator.value }
    // another mirror: its validators are its own, but the digest will tell whether the parts fit
    return pinned ? { range } : undefined
  }

  async #startOver(
    reason: string,
    now: { validator?: Validator | undefined; total?: number | undefined },
  ): Promise<void> {
    const { partial, emit, origins } = this.#job
    if (partial.length > 0) emit({ type: 'restart', url: this.#url, reason })
    origins.clear()
    await this.#job.pass?.drop()
    this.#job.pass = undefined
    await partial.reset({ url: this.#url, ...now })
  }

  /**
   * Judges status and headers (RFC 9110, 15.3.7, 15.5.17).
   * @param asked the first byte that was asked for
   * @returns the first byte that comes
   */
  async #accept(response: HttpResponse, asked: number): Promise<number | 'complete'> {
    const { partial, request, emit, context } = this.#job
    const { status, headers } = response
    const validator = strongValidator(headers)
    if (status === 416 && asked > 0) {
      const total = parseContentRange(header(headers, 'content-range'))?.total
      if (total === asked) {
        await partial.continueFrom({ url: this.#url, validator: partial.validator, total })
        return 'complete'
      }
      await this.#startOver(`${shown(this.#url)} is shorter than what was fetched of it`, {})
      throw new TransferFailure('changed', `${shown(this.#url)} has changed`, { remedy: 'again' })
    }
    if (status === 206 && asked > 0) {
      const range = parseContentRange(header(headers, 'content-range'))
      const fits =
        range?.first === asked &&
        (range.total === undefined || partial.total === undefined || range.total === partial.total) &&
        (partial.url !== this.#url || validator === undefined || validator.value === partial.validator?.value)
      if (!fits) {
        await this.#startOver(`${shown(this.#url)} sent another part than was asked for`, {})
        throw new TransferFailure('bad-range', `${shown(this.#url)} sent another part than was asked for`, {
          remedy: 'again',
        })
      }
      this.#refuseOddities(response)
      const kept = partial.url === this.#url ? partial.validator : validator
      await partial.continueFrom({ url: this.#url, validator: kept, total: range.total ?? partial.total })
      emit({ type: 'resumed', url: this.#url, at: asked })
      return asked
    }
    if (status !== 200) {
      const wait = isPassing(status) ? retryAfter(headers, context.client.now()) : undefined
      throw statusFailure(status, this.#url, wait)
    }
    const total = contentLength(headers)
    this.#refuseOddities(response)
    if (request.size !== undefined && total !== undefined && total !== request.size) {
      throw new TransferFailure('wrong-size', `${shown(this.#url)} has ${total} bytes, not ${request.size}`, {
        remedy: 'elsewhere',
      })
    }
    await this.#startOver(`${shown(this.#url)} has changed, or does not give parts`, { validator, total })
    return 0
  }

  #refuseOddities({ headers }: HttpResponse, firstBytes?: Uint8Array): void {
    if (!this.#job.request.html && isHtml(headers, this.#url, firstBytes)) {
      throw new TransferFailure('html-page', `${shown(this.#url)} is a page of HTML, not ${this.#job.name}`, {
        remedy: 'elsewhere',
        hint: 'a portal or a login in between answers such pages; so do servers that hide a 404',
      })
    }
    const encoding = foreignEncoding(headers, this.#url)
    if (encoding !== undefined && !this.#job.pinned) {
      throw new TransferFailure(
        'bad-encoding',
        `${shown(this.#url)} came as ${encoding}, which was not asked for`,
        {
          remedy: 'elsewhere',
        },
      )
    }
  }

  #newPass(): Pass {
    const { algorithms, request, partial } = this.#job
    return (this.#job.pass ??= new Pass(algorithms, partial.total ?? request.size, request.inspect))
  }

  /** Sends bytes that are on the disk through the pass, up to `end`. */
  async #catchUp(end: number): Promise<void> {
    const { partial, signal } = this.#job
    const pass = this.#newPass()
    await partial.settle()
    while (pass.position < end) {
      if (signal?.aborted) throw cancelled()
      await pass.ready
      const view = new Uint8Array(pass.block, 0, Math.min(pass.blockSize, end - pass.position))
      const length = await partial.read(view, pass.position)
      if (length === 0) {
        throw new TransferFailure('disk-error', `${partial.path} became shorter`, { remedy: 'never' })
      }
      if (pass.inspected) await pass.show(new Uint8Array(view.subarray(0, length)))
      pass.feed(length)
    }
  }

  /** @param end where bytes begin that are there already */
  async #receive(
    response: HttpResponse,
    first: number,
    end: number | undefined,
  ): Promise<'complete' | 'more'> {
    const { partial, context, signal } = this.#job
    const { limiter } = context
    const pass = this.#newPass()
    const { blockSize } = pass
    const discarder = new Discarder()
    const watch = new Watch(response, context.client, this.#url)
    let at = first
    await pass.ready
    let { block } = pass
    let fill = 0
    let flushed = performance.now()
    const flush = (): void => {
      const view = new Uint8Array(block, 0, fill)
      const from = at
      pass.feed(fill, () => partial.write(view, from))
      at += fill
      fill = 0
      flushed = performance.now()
      ;({ block } = pass)
    }
    const { total } = partial
    const part: Part = { at: first, end: end ?? total ?? Infinity }
    const sides = this.#maySplit(part) ? new SideRanges(this.#job, this.#url, part) : undefined
    /** Bytes wait for a free block. */
    let held = false
    const fillFrom = (chunk: Uint8Array, done: number): Promise<void> | undefined => {
      while (done < chunk.length) {
        const part = Math.min(chunk.length - done, blockSize - fill)
        // else the system has written it there
        const isThere = chunk.buffer === block && chunk.byteOffset + done === fill
        if (!isThere) new Uint8Array(block, fill, part).set(chunk.subarray(done, done + part))
        fill += part
        done += part
        if (fill < blockSize && performance.now() - flushed < flushAfter) continue
        flush()
        const { ready } = pass
        if (ready === undefined) continue
        watch.busy()
        held = done < chunk.length
        return ready.then(() => {
          held = false
          return fillFrom(chunk, done)
        })
      }
      return undefined
    }
    const space = (): Uint8Array | undefined =>
      held
        ? undefined
        : new Uint8Array(block, fill, Math.min(blockSize - fill, limiter ? limitedRead : Infinity))
    const enough = new Error('the rest is there')
    // up to the end of the file: more than it should have must not go unseen
    const isWhole = (): boolean => part.end === total || part.end === Infinity
    const { reuses } = response.body
    const take = (data: Buffer): Promise<void> | undefined => {
      if (part.at === 0) this.#refuseOddities(response, data)
      const most = isWhole() ? Infinity : part.end - part.at
      const chunk = data.length > most ? data.subarray(0, most) : data
      const { length } = chunk
      part.at += length
      watch.bytes += length
      this.#progress(() => sides?.bytes ?? part.at)
      const seen = pass.inspected ? pass.show(reuses ? new Uint8Array(chunk) : chunk) : undefined
      const filled = fillFrom(chunk, 0)
      if (!filled && !pass.inspected && !reuses) discarder.done(data)
      const limited = limiter?.take(length, signal)
      if (partial.failed || (!isWhole() && part.at >= part.end)) throw enough
      if (!seen && !limited) return filled
      watch.busy()
      return Promise.all([filled, seen, limited]).then(() => undefined)
    }
    try {
      await response.body.consume(take, space).catch((error: unknown) => {
        if (error !== enough) throw error
      })
    } catch (error) {
      sides?.stop()
      throw signal?.aborted ? cancelled() : networkFailure(watch.failure ?? error, this.#url)
    } finally {
      watch.stop()
      // what has come counts, also when the connection broke
      if (fill > 0) flush()
      // the other ends have their time; what they do not bring comes next
      await sides?.done()
      await partial.settle()
    }
    this.#progress(() => partial.length, true)
    if (!isWhole() && part.at >= part.end) return 'more'
    await this.#checkEnd(part.at)
    return 'complete'
  }

  /** Whether parts that come by other connections can be told to be of the same file. */
  #maySplit({ end }: Part): boolean {
    const { partial, context, pinned } = this.#job
    const isKnown = partial.validator !== undefined || pinned
    return end !== Infinity && isKnown && context.limiter === undefined
  }

  async #checkEnd(received: number): Promise<void> {
    const { partial } = this.#job
    if (partial.total === undefined) {
      await partial.continueFrom({ url: this.#url, validator: partial.validator, total: received })
    } else if (received !== partial.total) {
      throw new TransferFailure(
        'network',
        `${shown(this.#url)} ended after ${received} of ${partial.total} bytes`,
        {
          remedy: 'again',
        },
      )
    }
  }

  /** @param here bytes of the file that are here; asked only when it is time to tell */
  #progress(here: () => number, last = false): void {
    const now = performance.now()
    if (!last && now - this.#lastProgress < progressEvery) return
    this.#lastProgress = now
    const { emit, partial, request } = this.#job
    const total = partial.total ?? request.size
    emit({ type: 'progress', received: here(), ...(total !== undefined && { total }) })
  }
}
