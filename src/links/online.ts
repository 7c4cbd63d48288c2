/** Asks other servers for what the scripts want from them. Pure but for the fetcher and the clock that are handed in. */
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import { diagnoseOnline } from './online-report.js'
import type { Link } from './resolve.js'

export interface Answer {
  status: number
  /** Of the whole file, bytes. */
  size?: number
  /** Where redirects have led. */
  finalUrl?: string
  /** A redirect went through https, although the URL does not begin with it. */
  usesHttps?: boolean
  /** Media type, without parameters. */
  type?: string
  /** Seconds that the server asks to wait. */
  retryAfter?: number
}

/**
 * Why there was no answer. `dns`: the name is unknown; `network`: names or hosts cannot be reached at all; these two,
 * `refused` and `timeout` concern the host, whatever the URL. `closed`: the server hung up.
 */
export type NoAnswerKind =
  'dns' | 'network' | 'refused' | 'timeout' | 'tls' | 'closed' | 'redirect' | 'interrupted' | 'other'

/** The message is for people. */
export class NoAnswer extends Error {
  readonly kind: NoAnswerKind

  constructor(kind: NoAnswerKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'NoAnswer'
    this.kind = kind
  }
}

/** Other URLs of the host would fail in the same way. */
export const ofHost: ReadonlySet<NoAnswerKind> = new Set(['dns', 'network', 'refused', 'timeout'])

export interface Fetcher {
  /**
   * `GET` asks for the first byte only and reads no body. Redirects are followed as iPXE does it: http and https only.
   * @throws NoAnswer
   */
  request(method: 'HEAD' | 'GET', url: string, options: { timeout: number }): Promise<Answer>
}

export interface OnlineOptions {
  /** Milliseconds without an answer. Default 10,000. */
  timeout?: number
  /** How often to try again after no answer, 429 and 5xx. Default 2. */
  retries?: number
  /** Requests at a time, over all. Default 8. */
  concurrency?: number
  /** Requests at a time to one host. Default 2. */
  perHost?: number
  /** Milliseconds between the starts of two requests to one host. Default 100. */
  interval?: number
  /** Results by URL: what is in it is not asked again, and what is asked is put in. */
  cache?: Map<string, OnlineResult>
  clock: Clock
  /** The file that a problem of the network itself is reported at; default: that of the first link. */
  file?: string
}

export interface Clock {
  /** Milliseconds. */
  now(): number
  sleep(milliseconds: number): Promise<void>
}

export interface OnlineResult {
  url: string
  /** `absent`: the server says that there is no such file. `denied`: not for us. `failed`: no useful answer. */
  outcome: 'ok' | 'absent' | 'denied' | 'failed'
  status?: number
  size?: number
  finalUrl?: string
  usesHttps?: boolean
  type?: string
  /** Why there was no answer. */
  problem?: NoAnswerKind
  /** The same for people. */
  message?: string
  /** 0: not asked, because its host has not answered for another URL. */
  attempts: number
}

export interface OnlineReport {
  /** By URL, in the order of their names. */
  results: ReadonlyMap<string, OnlineResult>
  /** How many of them the cache knew. */
  cached: number
  diagnostics: Diagnostic[]
}

/** Checks the links that lead outside by HTTP. One request for each URL, however often it is named. */
export async function checkOnline(
  links: readonly Link[],
  fetcher: Fetcher,
  options: OnlineOptions,
): Promise<OnlineReport> {
  const wanted = new Map<string, Link[]>()
  for (const link of links) {
    const url = link.isUnchecked === true ? undefined : askedFor(link)
    if (url === undefined) continue
    const same = wanted.get(url)
    if (same) same.push(link)
    else wanted.set(url, [link])
  }
  const urls = [...wanted.keys()].sort()
  const cached = urls.filter((url) => options.cache?.has(url) ?? false).length
  const found = await new Run(fetcher, options).all(urls)
  const results = new Map(urls.map((url) => [url, found.get(url)!]))
  return { results, cached, diagnostics: diagnoseOnline(results, wanted, options.file) }
}

/** A folder of packages answers nothing useful; the file that Anaconda reads first does. */
function askedFor({ target, role, command, what }: Link): string | undefined {
  if (target.kind !== 'outside' || !/^https?:\/\/[^/]/i.test(target.url)) return undefined
  const url = target.url.replace(/#.*$/s, '')
  if (!URL.canParse(url)) return undefined
  if (role !== 'argument' || what === 'file' || what === 'seed') return url
  const isTree = /^(inst\.(repo|stage2)|method|repo|stage2)$/.test(command) && !/\.(iso|img)$/.test(url)
  return isTree ? `${url.replace(/\/+$/, '')}/.treeinfo` : undefined
}

/** One server and what is still to be asked of it. */
interface Host {
  urls: string[]
  /** When the next request may start, milliseconds. */
  next: number
  /** It has answered, be it with an error. */
  answers: boolean
  /** Why it has not. */
  failure: OnlineResult | undefined
}

class Run {
  readonly #fetcher: Fetcher
  readonly #options: Required<Omit<OnlineOptions, 'file'>>
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(fetcher: Fetcher, options: OnlineOptions) {
    this.#fetcher = fetcher
    const defaults = { timeout: 10_000, retries: 2, concurrency: 8, perHost: 2, interval: 100 }
    this.#options = { ...defaults, cache: new Map<string, OnlineResult>(), ...options }
    this.#free = Math.max(1, this.#options.concurrency)
  }

  async all(urls: readonly string[]): Promise<ReadonlyMap<string, OnlineResult>> {
    const { cache, perHost } = this.#options
    const hosts = new Map<string, Host>()
    for (const url of urls) {
      if (cache.has(url)) continue
      const { host } = new URL(url)
      const queue = hosts.get(host) ?? { urls: [], next: 0, answers: false, failure: undefined }
      queue.urls.push(url)
      hosts.set(host, queue)
    }
    const lanes: Promise<void>[] = []
    for (const queue of hosts.values()) {
      const count = Math.min(Math.max(1, perHost), queue.urls.length)
      for (let lane = 0; lane < count; lane++) lanes.push(this.#lane(queue))
    }
    await Promise.all(lanes)
    return cache
  }

  async #lane(queue: Host): Promise<void> {
    for (let url = queue.urls.shift(); url !== undefined; url = queue.urls.shift()) {
      await this.#enter()
      try {
        this.#options.cache.set(url, await this.#check(url, queue))
      } finally {
        this.#leave()
      }
    }
  }

  async #enter(): Promise<void> {
    if (this.#free > 0) this.#free--
    else
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
      })
  }

  #leave(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free++
  }

  async #check(url: string, queue: Host): Promise<OnlineResult> {
    const { retries, timeout, interval, clock } = this.#options
    let result: OnlineResult
    let method: 'HEAD' | 'GET' = 'HEAD'
    for (let attempt = 1; ; attempt++) {
      if (queue.failure && !queue.answers) return { ...queue.failure, url, attempts: 0 }
      const start = Math.max(clock.now(), queue.next)
      queue.next = start + interval
      if (start > clock.now()) await clock.sleep(start - clock.now())
      let wait = 500 * 2 ** (attempt - 1)
      try {
        let answer = await this.#fetcher.request(method, url, { timeout })
        if (method === 'HEAD' && refusesHead.has(answer.status)) {
          method = 'GET'
          answer = await this.#fetcher.request(method, url, { timeout })
        }
        queue.answers = true
        result = resultOf(url, answer, attempt)
        if (!isPassing(answer.status)) return result
        wait = Math.min(Math.max(wait, (answer.retryAfter ?? 0) * 1000), 30_000)
      } catch (error) {
        const problem = error instanceof NoAnswer ? error.kind : 'other'
        result = { url, outcome: 'failed', problem, message: messageOf(error), attempts: attempt }
        // some servers hang up on what they do not know
        if (problem === 'closed') method = 'GET'
        if (isFinal.has(problem)) attempt = retries + 1
      }
      if (attempt > retries) {
        if (result.problem !== undefined && ofHost.has(result.problem)) queue.failure ??= result
        return result
      }
      await clock.sleep(wait)
    }
  }
}

/** Servers that have no HEAD say so in one of these ways; object stores say 403 to what they would give. */
const refusesHead = new Set([400, 403, 405, 501])

/** Asking again would not help. */
const isFinal: ReadonlySet<NoAnswerKind> = new Set(['dns', 'tls', 'redirect', 'interrupted'])

function isPassing(status: number): boolean {
  return status === 429 || status >= 500
}

function resultOf(
  url: string,
  { status, size, finalUrl, usesHttps, type }: Answer,
  attempts: number,
): OnlineResult {
  const outcome =
    // what is empty has no first byte to give: 416
    (status >= 200 && status < 300) || status === 416
      ? 'ok'
      : status === 404 || status === 410
        ? 'absent'
        : status === 401 || status === 403 || status === 407
          ? 'denied'
          : 'failed'
  return {
    url,
    outcome,
    status,
    attempts,
    ...(size !== undefined && { size }),
    ...(finalUrl !== undefined && finalUrl !== url && { finalUrl }),
    ...(usesHttps === true && { usesHttps }),
    ...(type !== undefined && { type }),
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
