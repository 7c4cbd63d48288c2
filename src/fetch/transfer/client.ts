/** HTTP for `fetch`: one pool of connections, proxies, redirects, small documents. */
import { Buffer } from 'node:buffer'
import { gunzipSync } from 'node:zlib'
import type { FetchDocument } from '../types.js'
import { dispatch, type Body, type RawResponse } from './body.js'
import { directClient } from './direct.js'
import { cancelled, networkFailure, shown, statusFailure, TransferFailure } from './failure.js'
import { contentLength, header, isPassing, retryAfter, type Headers } from './http-rules.js'
import type { Sleep } from './limiter.js'
import { agentsThrough, type Agents, proxiesOf } from './proxies.js'
import { defaultSideRanges, type SideRangePolicy } from './side-ranges.js'
import { Slots } from './slots.js'
import { backOff, defaultRetryPolicy, sleep as realSleep, type RetryPolicy } from './retry.js'

export interface ClientOptions {
  /** For HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, upper or lower case. Absent: no proxy. */
  environment?: Readonly<Record<string, string | undefined>>
  /** Connections to one host at a time. Default 6. */
  connectionsPerHost?: number
  /** Milliseconds for a connection. Default 15,000. */
  connectTimeout?: number
  /** Milliseconds without a byte, or at less than {@link leastRate}, after which a server counts as stuck. Default 30,000. */
  stallTimeout?: number
  /** Bytes per second that a server has to reach over a `stallTimeout`. Default 512. */
  leastRate?: number
  retry?: Partial<RetryPolicy>
  /** Large files over plain HTTP past undici, which needs less processor time. Default true. */
  direct?: boolean
  /** When a file comes by several connections. */
  sideRanges?: Partial<SideRangePolicy>
  /** Further certificates, PEM. */
  ca?: string
  userAgent?: string
  /** Stops everything. */
  signal?: AbortSignal
  /** From 0 to below 1. */
  random?: () => number
  sleep?: Sleep
  /** Milliseconds since 1970. */
  now?: () => number
}

/** A response whose body has to be read or destroyed. */
export interface HttpResponse {
  status: number
  headers: Headers
  /** After redirects. */
  url: string
  body: Body
}

export interface HttpClient {
  /** Fetches a small document whole; retries. */
  document: FetchDocument
  /**
   * One GET without retries; redirects are followed.
   * @param options `direct`: the body is long; it may have a connection of its own
   * @throws TransferFailure
   */
  get(
    url: string,
    options?: { headers?: Record<string, string>; signal?: AbortSignal; direct?: boolean },
  ): Promise<HttpResponse>
  readonly retry: RetryPolicy
  readonly stallTimeout: number
  readonly leastRate: number
  readonly sideRanges: SideRangePolicy
  /** Whether one more connection to the host is allowed. */
  hasRoom(url: string): boolean
  readonly random: () => number
  readonly sleep: Sleep
  readonly now: () => number
  readonly signal: AbortSignal | undefined
  /** Ends all connections. */
  close(): Promise<void>
}

const mostRedirects = 10
/** A document of metadata is never longer, unless the caller says so. */
const documentLimit = 16 * 1024 * 1024

export function createClient(options: ClientOptions = {}): HttpClient {
  const { userAgent = 'ipxetool', random = Math.random, sleep = realSleep, now = Date.now } = options
  const retry = { ...defaultRetryPolicy, ...options.retry }
  const stallTimeout = options.stallTimeout ?? 30_000
  const connectionsPerHost = options.connectionsPerHost ?? 6
  const connectTimeout = options.connectTimeout ?? 15_000
  const proxies = proxiesOf(options.environment ?? {})
  const { ca } = options
  const settings = {
    connections: connectionsPerHost,
    headersTimeout: stallTimeout,
    bodyTimeout: stallTimeout,
    connect: { timeout: connectTimeout, ...(ca !== undefined && { ca }) },
  }
  const slots = new Slots(connectionsPerHost)
  let agents: Promise<Agents> | undefined
  const own =
    options.direct !== false && proxies.http === ''
      ? directClient({ connectionsPerHost, connectTimeout, stallTimeout })
      : undefined

  const get: HttpClient['get'] = async (url, { headers = {}, signal, direct = false } = {}) => {
    const visited = new Set<string>()
    let at = parseUrl(url)
    for (;;) {
      visited.add(at.href)
      const response = await request(at, headers, signal, direct)
      const target = redirectTarget(response, at)
      if (target === undefined) return { ...response, url: at.href }
      response.body.destroy()
      at = checkRedirect(at, target, visited)
    }
  }

  const request: typeof send = async (url, headers, given, direct) => {
    const release = await slots.take(url.host, given ?? options.signal).catch(() => {
      throw cancelled()
    })
    try {
      const response = await send(url, headers, given, direct)
      response.body.onClose(release)
      return response
    } catch (error) {
      release()
      throw error
    }
  }

  const send = async (
    url: URL,
    headers: Record<string, string>,
    given: AbortSignal | undefined,
    direct: boolean,
  ): Promise<RawResponse> => {
    const signals = [options.signal, given].filter((one) => one !== undefined)
    const signal = signals.length === 0 ? undefined : AbortSignal.any(signals)
    const all = {
      'user-agent': userAgent,
      accept: '*/*',
      'accept-encoding': 'identity',
      ...headers,
      ...credentials(url),
    }
    try {
      if (direct && own && url.protocol === 'http:') return await own.get(url, all, signal)
      const { plain, secure } = await (agents ??= agentsThrough(proxies, settings))
      return await dispatch(
        url.protocol === 'https:' ? secure : plain,
        { origin: url.origin, path: url.pathname + url.search, method: 'GET', headers: all },
        signal,
      )
    } catch (error) {
      if (signals.some((one) => one.aborted)) throw cancelled()
      throw networkFailure(error, url.href)
    }
  }

  const document: FetchDocument = async (url, { limit = documentLimit } = {}) => {
    for (let failures = 1; ; failures++) {
      try {
        return await readDocument(await get(url), limit)
      } catch (error) {
        const failure = options.signal?.aborted ? cancelled() : networkFailure(error, url)
        const wait =
          failure.remedy === 'again' ? backOff(failures, failure.retryAfter, retry, random) : undefined
        if (wait === undefined) throw failure.toError()
        await sleep(wait, options.signal).catch(() => {
          throw cancelled().toError()
        })
      }
    }
  }

  const readDocument = async (response: HttpResponse, limit: number): ReturnType<FetchDocument> => {
    const { status, headers, url, body } = response
    const refuse = (failure: TransferFailure): never => {
      body.destroy()
      throw failure
    }
    if (status !== 200) {
      refuse(statusFailure(status, url, isPassing(status) ? retryAfter(headers, now()) : undefined))
    }
    const tooLong = (): TransferFailure =>
      new TransferFailure(
        'too-long',
        `${shown(url)} is longer than ${limit} bytes, which no such document is`,
        {
          remedy: 'elsewhere',
        },
      )
    if ((contentLength(headers) ?? 0) > limit) refuse(tooLong())
    const chunks: Uint8Array[] = []
    let length = 0
    await body.consume((chunk) => {
      length += chunk.length
      if (length > limit) throw tooLong()
      chunks.push(chunk)
      return undefined
    })
    return { url, bytes: decoded(Buffer.concat(chunks), headers, url, limit) }
  }

  return {
    document,
    get,
    retry,
    stallTimeout,
    leastRate: options.leastRate ?? 512,
    sideRanges: { ...defaultSideRanges, ...options.sideRanges },
    hasRoom: (url) => slots.hasRoom(new URL(url).host),
    random,
    sleep,
    now,
    signal: options.signal,
    close: async () => {
      own?.close()
      if (agents === undefined) return
      await (await agents).destroy()
    },
  }
}

function parseUrl(url: string): URL {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return new URL(url)
  throw new TransferFailure('bad-url', `\`${url}\` is no http or https URL`, { remedy: 'elsewhere' })
}

function credentials(url: URL): Record<string, string> {
  if (url.username === '' && url.password === '') return {}
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

function redirectTarget({ status, headers }: { status: number; headers: Headers }, at: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(status)) return undefined
  const location = header(headers, 'location')
  if (location === undefined || !URL.canParse(location, at.href)) {
    throw new TransferFailure('bad-redirect', `${shown(at.href)} redirects to no URL`, {
      remedy: 'elsewhere',
    })
  }
  return new URL(location, at)
}

function checkRedirect(from: URL, to: URL, visited: ReadonlySet<string>): URL {
  const refuse = (why: string): TransferFailure =>
    new TransferFailure('bad-redirect', `${shown(from.href)} redirects ${why}`, { remedy: 'elsewhere' })
  if (!/^https?:$/.test(to.protocol)) throw refuse(`to ${to.protocol}, which is not fetched`)
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    throw refuse(`to ${shown(to.href)}, from https to plain http`)
  }
  if (visited.has(to.href)) throw refuse('in a loop')
  if (visited.size > mostRedirects) throw refuse(`more than ${mostRedirects} times`)
  return to
}

/** Some servers compress although they were asked not to. */
function decoded(bytes: Buffer, headers: Headers, url: string, limit: number): Uint8Array {
  const encoding = header(headers, 'content-encoding')?.trim().toLowerCase()
  if (encoding === undefined || encoding === '' || encoding === 'identity') return bytes
  if (/gzip/.test(encoding) && /\.t?gz$/i.test(new URL(url).pathname)) return bytes
  try {
    if (/^(x-)?gzip$/.test(encoding)) return gunzipSync(bytes, { maxOutputLength: limit })
  } catch {
    // said below
  }
  throw new TransferFailure('bad-encoding', `${shown(url)} came as ${encoding}, which was not asked for`, {
    remedy: 'elsewhere',
  })
}
