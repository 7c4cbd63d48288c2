/** The link check's requests over the network, by undici. */
import { type Dispatcher, request } from 'undici'
import { agentsThrough, type Agents, proxiesOf } from '../fetch/transfer/proxies.js'
import { type Answer, type Clock, type Fetcher, NoAnswer, type NoAnswerKind } from '../links/online.js'

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) =>
    new Promise((resolve) => {
      setTimeout(resolve, milliseconds)
    }),
}

export interface HttpFetcher extends Fetcher {
  /** Ends the connections that are kept open. */
  close(): Promise<void>
}

export interface HttpFetcherOptions {
  /** For the proxies: {@link proxiesOf}. */
  env?: Readonly<Record<string, string | undefined>>
  /** Ends all requests, as on Ctrl-C. */
  signal?: AbortSignal
}

/** iPXE has no limit of its own; whoever needs more leads in a circle. */
const maxRedirects = 20

export function httpFetcher(userAgent: string, { env = {}, signal }: HttpFetcherOptions = {}): HttpFetcher {
  const proxies = proxiesOf(env)
  let agents: Promise<Agents> | undefined
  const get = async (
    method: 'HEAD' | 'GET',
    url: string,
    end: AbortSignal,
  ): Promise<Dispatcher.ResponseData> => {
    const { plain, secure } = await (agents ??= agentsThrough(proxies))
    const answer = await request(url, {
      method,
      dispatcher: url.startsWith('https:') ? secure : plain,
      signal: end,
      headers: {
        'user-agent': userAgent,
        // what would be unpacked on the way has another size
        'accept-encoding': 'identity',
        ...(method === 'GET' && { range: 'bytes=0-0' }),
      },
    })
    // a server that knows no ranges would send all of it
    answer.body.on('error', () => undefined).destroy()
    return answer
  }
  return {
    async request(method, url, { timeout }): Promise<Answer> {
      const end = AbortSignal.any([AbortSignal.timeout(timeout), ...(signal ? [signal] : [])])
      let at = url
      let usesHttps = false
      try {
        for (let redirects = 0; ; redirects++) {
          const answer = await get(method, at, end)
          const next = redirectOf(answer, at)
          if (next === undefined) return answerOf(answer, url, at, usesHttps)
          if (redirects === maxRedirects) throw new NoAnswer('redirect', 'its redirects lead in a circle')
          at = next
          usesHttps ||= at.startsWith('https:')
        }
      } catch (error) {
        throw error instanceof NoAnswer ? error : explain(error, timeout)
      }
    },
    close: async () => (await agents)?.destroy(),
  }
}

/** Whatever the number 3xx says, iPXE follows a `Location` (`net/tcp/httpcore.c` `http_redirect`), without a fragment. */
function redirectOf({ statusCode, headers }: Dispatcher.ResponseData, from: string): string | undefined {
  const location = first(headers['location'])
  if (statusCode < 300 || statusCode > 399 || location === undefined) return undefined
  if (!URL.canParse(location, from)) {
    throw new NoAnswer('redirect', `it redirects to \`${printable(location)}\`, which is no URL`)
  }
  const next = new URL(location, from)
  if (next.protocol !== 'http:' && next.protocol !== 'https:') {
    throw new NoAnswer(
      'redirect',
      `it redirects to \`${printable(location)}\`, which is neither http nor https`,
    )
  }
  next.hash = ''
  return next.href
}

function printable(text: string): string {
  return text.replace(/[^ -~]/g, '?').slice(0, 200)
}

function answerOf(
  { statusCode, headers }: Dispatcher.ResponseData,
  url: string,
  at: string,
  usesHttps: boolean,
): Answer {
  const range = /\/(\d+)$/.exec(first(headers['content-range']) ?? '')?.[1]
  const length = range ?? (statusCode === 206 ? undefined : first(headers['content-length']))
  const size = length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined
  const wait = Number(first(headers['retry-after']) ?? Number.NaN)
  const type = first(headers['content-type'])?.split(';', 1)[0]!.trim().toLowerCase()
  return {
    status: statusCode,
    ...(size !== undefined && { size }),
    ...(at !== url && { finalUrl: at }),
    ...(usesHttps && { usesHttps }),
    ...(type !== undefined && type !== '' && { type }),
    ...(wait > 0 && { retryAfter: wait }),
  }
}

function first(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}

const causes: Readonly<Record<string, readonly [NoAnswerKind, string]>> = {
  ECONNREFUSED: ['refused', 'the server refuses connections'],
  ECONNRESET: ['closed', 'the server ended the connection'],
  EPIPE: ['closed', 'the server ended the connection'],
  UND_ERR_SOCKET: ['closed', 'the server ended the connection'],
  ENOTFOUND: ['dns', 'there is no such host'],
  EAI_AGAIN: ['network', 'the name of the host cannot be looked up now'],
  EHOSTUNREACH: ['network', 'the host cannot be reached'],
  ENETUNREACH: ['network', 'the network cannot be reached'],
  ENETDOWN: ['network', 'the network is down'],
  ETIMEDOUT: ['timeout', 'no answer in time'],
  UND_ERR_CONNECT_TIMEOUT: ['timeout', 'no answer in time'],
  UND_ERR_HEADERS_TIMEOUT: ['timeout', 'no answer in time'],
  CERT_HAS_EXPIRED: ['tls', 'the certificate of the server has expired'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['tls', 'the server has signed its certificate itself'],
  SELF_SIGNED_CERT_IN_CHAIN: ['tls', 'nobody known has signed the certificate of the server'],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['tls', 'nobody known has signed the certificate of the server'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['tls', 'the certificate of the server is for another host'],
}

function explain(error: unknown, timeout: number): NoAnswer {
  const options = { cause: error }
  if (!(error instanceof Error)) return new NoAnswer('other', String(error), options)
  if (error.name === 'TimeoutError')
    return new NoAnswer('timeout', `no answer in ${timeout / 1000} s`, options)
  if (error.name === 'AbortError') return new NoAnswer('interrupted', 'interrupted', options)
  // several addresses were tried
  const own = 'errors' in error && Array.isArray(error.errors) ? (error.errors as unknown[])[0] : error
  const cause = own instanceof Error && own.cause instanceof Error && !('code' in own) ? own.cause : own
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  const [kind, words] = causes[code] ?? ['other', undefined]
  return new NoAnswer(kind, words ?? (error.message === '' ? code : error.message), options)
}
