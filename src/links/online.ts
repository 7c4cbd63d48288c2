/** Asks other servers for what the scripts want from them. Pure but for the fetcher and the clock that are handed in. */
import { Diagnostic } from '../diagnostics/diagnostic.js'
import { quote } from '../rules/message.js'
import { encodeText } from '../syntax/bytes.js'
import type { Link } from './resolve.js'

export interface Answer {
  status: number
  /** Of the whole file, bytes. */
  size?: number
  /** Where redirects have led. */
  finalUrl?: string
  /** Seconds that the server asks to wait. */
  retryAfter?: number
}

export interface Fetcher {
  /**
   * `GET` asks for the first byte only and reads no body. Redirects are followed.
   * @throws Error in words for people when there is no answer: refused, unknown host, no answer in time
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
  /** Why there was no answer. */
  message?: string
  attempts: number
}

export interface OnlineReport {
  /** By URL, in the order of their names. */
  results: ReadonlyMap<string, OnlineResult>
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
    const url = askedFor(link)
    if (url === undefined) continue
    const same = wanted.get(url)
    if (same) same.push(link)
    else wanted.set(url, [link])
  }
  const urls = [...wanted.keys()].sort()
  const found = await new Run(fetcher, options).all(urls)
  const results = new Map(urls.map((url) => [url, found.get(url)!]))
  const diagnostics = urls.flatMap((url) => {
    const problem = explain(results.get(url)!)
    return problem ? wanted.get(url)!.map((link) => diagnose(link, problem)) : []
  })
  return { results, diagnostics }
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

class Run {
  readonly #fetcher: Fetcher
  readonly #options: Required<OnlineOptions>
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
    const hosts = new Map<string, { urls: string[]; next: number }>()
    for (const url of urls) {
      if (cache.has(url)) continue
      const { host } = new URL(url)
      const queue = hosts.get(host) ?? { urls: [], next: 0 }
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

  async #lane(queue: { urls: string[]; next: number }): Promise<void> {
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

  async #check(url: string, queue: { next: number }): Promise<OnlineResult> {
    const { retries, timeout, interval, clock } = this.#options
    let result: OnlineResult
    let method: 'HEAD' | 'GET' = 'HEAD'
    for (let attempt = 1; ; attempt++) {
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
        result = resultOf(url, answer, attempt)
        if (!isPassing(answer.status)) return result
        wait = Math.min(Math.max(wait, (answer.retryAfter ?? 0) * 1000), 30_000)
      } catch (error) {
        result = { url, outcome: 'failed', message: messageOf(error), attempts: attempt }
      }
      if (attempt > retries) return result
      await clock.sleep(wait)
    }
  }
}

/** Servers that have no HEAD say so in one of these ways; object stores say 403 to what they would give. */
const refusesHead = new Set([400, 403, 405, 501])

function isPassing(status: number): boolean {
  return status === 429 || status >= 500
}

function resultOf(url: string, { status, size, finalUrl }: Answer, attempts: number): OnlineResult {
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
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

interface Explained {
  severity: 'error' | 'warning' | 'info'
  reason: string
  note: string
}

function explain({ url, outcome, status, finalUrl, message, attempts }: OnlineResult): Explained | undefined {
  const shown = quote(encodeText(url))
  const tries = attempts === 1 ? '' : ` (${attempts} tries)`
  switch (outcome) {
    case 'absent':
      return {
        severity: 'error',
        reason: `The server has no ${shown} (HTTP ${status!})`,
        note: 'Publishers remove old versions. Look for the current one.',
      }
    case 'denied':
      return {
        severity: 'warning',
        reason: `The server refuses ${shown} (HTTP ${status!})`,
        note: 'Machines that boot have no login. They may be allowed by their address.',
      }
    case 'failed':
      return {
        severity: 'warning',
        reason: `There is no useful answer for ${shown}: ${message ?? `HTTP ${status!}`}${tries}`,
        note: 'It was asked from this computer; machines that boot may be in another network.',
      }
    case 'ok': {
      const isUpgrade = /^http:/i.test(url) && finalUrl !== undefined && /^https:/i.test(finalUrl)
      if (!isUpgrade) return undefined
      return {
        severity: 'warning',
        reason: `The server sends ${shown} on to https`,
        note: 'Loaders for BIOS have no https by default, and their download would stop there ("Not supported").',
      }
    }
  }
}

function diagnose({ file, place, isOptional }: Link, { severity, reason, note }: Explained): Diagnostic {
  const ruleId = 'dead-link'
  const own = isOptional && severity === 'error' ? 'warning' : severity
  return new Diagnostic({ ruleId, severity: own, file, reason, note, ...(place && { place }) })
}
