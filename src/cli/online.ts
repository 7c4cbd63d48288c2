/** The link check's requests over the network, by Node's own `fetch`. */
import type { Answer, Clock, Fetcher } from '../links/online.js'

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) =>
    new Promise((resolve) => {
      setTimeout(resolve, milliseconds)
    }),
}

/** @param signal ends all requests, as on Ctrl-C */
export function httpFetcher(userAgent: string, signal?: AbortSignal): Fetcher {
  return {
    async request(method, url, { timeout }): Promise<Answer> {
      const ends = [AbortSignal.timeout(timeout), ...(signal ? [signal] : [])]
      try {
        const response = await fetch(url, {
          method,
          redirect: 'follow',
          signal: AbortSignal.any(ends),
          headers: {
            'user-agent': userAgent,
            // what would be unpacked on the way has another size
            'accept-encoding': 'identity',
            ...(method === 'GET' && { range: 'bytes=0-0' }),
          },
        })
        await response.body?.cancel()
        return answerOf(response)
      } catch (error) {
        throw new Error(inWords(error, timeout), { cause: error })
      }
    },
  }
}

function answerOf({ status, headers, url, redirected }: Response): Answer {
  const range = /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1]
  const length = range ?? (status === 206 ? undefined : (headers.get('content-length') ?? undefined))
  const size = length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined
  const wait = Number(headers.get('retry-after') ?? Number.NaN)
  return {
    status,
    ...(size !== undefined && { size }),
    ...(redirected && { finalUrl: url }),
    ...(wait > 0 && { retryAfter: wait }),
  }
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the server refuses connections',
  ECONNRESET: 'the server ended the connection',
  UND_ERR_SOCKET: 'the server ended the connection',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'no answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'no answer in time',
  CERT_HAS_EXPIRED: 'the certificate of the server has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the server has signed its certificate itself',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate of the server is for another host',
}

function inWords(error: unknown, timeout: number): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer in ${timeout / 1000} s`
  if (error.name === 'AbortError') return 'interrupted'
  const cause: unknown = error.cause
  if (!(cause instanceof Error)) return error.message
  // several addresses were tried
  const own = 'errors' in cause && Array.isArray(cause.errors) ? (cause.errors as unknown[])[0] : cause
  const code = own instanceof Error && 'code' in own && typeof own.code === 'string' ? own.code : ''
  return words[code] ?? (cause.message === '' ? error.message : cause.message)
}
