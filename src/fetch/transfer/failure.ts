/** Why a try did not work, and what that means for the next one. */
import { IpxetoolError } from '../../diagnostics/error.js'

/**
 * - `again`: it may go away by itself; the same server may be asked again
 * - `elsewhere`: this server has said its word; the next mirror may be better
 * - `never`: no server can help: disk full, cancelled
 */
export type Remedy = 'again' | 'elsewhere' | 'never'

export class TransferFailure extends Error {
  override readonly name = 'TransferFailure'
  readonly code: string
  readonly remedy: Remedy
  readonly hint: string | undefined
  /** Milliseconds that the server asked for. */
  readonly retryAfter: number | undefined

  /** @param message one clause without a full stop, naming host or URL */
  constructor(
    code: string,
    message: string,
    options: { remedy: Remedy; hint?: string; retryAfter?: number | undefined; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.remedy = options.remedy
    this.hint = options.hint
    this.retryAfter = options.retryAfter
  }

  toError(): IpxetoolError {
    return new IpxetoolError(this.code, this.message, {
      ...(this.hint !== undefined && { hint: this.hint }),
      cause: this,
    })
  }
}

/** `https://host/path` without credentials and query: signed URLs are secrets. */
export function shown(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url)
    return `${protocol}//${host}${pathname}`
  } catch {
    return url
  }
}

function host(url: string): string {
  return new URL(url).host
}

interface SystemError {
  code?: unknown
  message?: unknown
  cause?: unknown
  errors?: unknown
}

/** The codes of an error, of its causes, and of what an AggregateError holds. */
function codesOf(error: unknown, depth = 0): string[] {
  if (typeof error !== 'object' || error === null || depth > 4) return []
  const { code, cause, errors } = error as SystemError
  const inner = Array.isArray(errors) ? errors.flatMap((one) => codesOf(one, depth + 1)) : []
  return [...(typeof code === 'string' ? [code] : []), ...inner, ...codesOf(cause, depth + 1)]
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

const tlsCodes =
  /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|EPROTO$|HOSTNAME_MISMATCH|INVALID_CA)/

/** What the network, TLS or a proxy did, as one clause. */
export function networkFailure(error: unknown, url: string): TransferFailure {
  if (error instanceof TransferFailure) return error
  const codes = codesOf(error)
  const has = (...wanted: string[]): boolean => wanted.some((code) => codes.includes(code))
  const make = (code: string, message: string, remedy: Remedy, hint?: string): TransferFailure =>
    new TransferFailure(code, message, { remedy, ...(hint !== undefined && { hint }), cause: error })
  const text = messageOf(error)

  if (/Proxy response \((\d+)\)|Proxy Authentication Required/.test(text)) {
    const status = /\((\d+)\)/.exec(text)?.[1] ?? '407'
    const hint =
      status === '407'
        ? 'put the name and password into the proxy URL: http://name:password@proxy:port'
        : 'check HTTPS_PROXY, HTTP_PROXY and NO_PROXY'
    return make(
      'proxy-refused',
      `the proxy refused to connect to ${host(url)} (${status})`,
      'elsewhere',
      hint,
    )
  }
  const tls = codes.find((code) => tlsCodes.test(code))
  if (tls !== undefined) {
    const hint = 'is the clock right, and is the certificate of a company proxy known (NODE_EXTRA_CA_CERTS)?'
    return make('tls', `${host(url)} could not prove who it is (${tlsReason(tls, text)})`, 'elsewhere', hint)
  }
  if (has('ENOTFOUND')) {
    return make(
      'dns',
      `the name ${new URL(url).hostname} is not known`,
      'elsewhere',
      'is the name right, and does DNS work?',
    )
  }
  if (has('EAI_AGAIN')) {
    return make('dns', `no DNS server answered for ${new URL(url).hostname}`, 'again', 'is there a network?')
  }
  if (has('ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL')) {
    return make('network', `there is no route to ${host(url)}`, 'again', 'is there a network?')
  }
  if (has('ECONNREFUSED')) return make('network', `${host(url)} refused the connection`, 'again')
  if (has('UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT')) {
    return make('network', `${host(url)} did not answer in time`, 'again')
  }
  if (has('UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT')) {
    return make('stalled', `${host(url)} stopped sending`, 'again')
  }
  if (codes.some((code) => code.startsWith('HPE_'))) {
    return make('network', `${host(url)} does not speak HTTP (${text})`, 'elsewhere')
  }
  if (has('UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH')) {
    return make('network', `${host(url)} closed the connection early`, 'again')
  }
  return make('network', `the connection to ${host(url)} failed (${text})`, 'again')
}

function tlsReason(code: string, text: string): string {
  const reasons: Record<string, string> = {
    CERT_HAS_EXPIRED: 'its certificate has expired',
    CERT_NOT_YET_VALID: 'its certificate is not valid yet',
    DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
    SELF_SIGNED_CERT_IN_CHAIN: 'a certificate in its chain is signed by itself',
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the signer of its certificate is not known',
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the signer of its certificate is not known',
    ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
    EPROTO: 'it does not speak TLS there',
  }
  return reasons[code] ?? text
}

/** What the disk did; undefined when it was not the disk. */
export function diskFailure(error: unknown, path: string): TransferFailure | undefined {
  const code = (error as SystemError | null | undefined)?.code
  const never = { remedy: 'never', cause: error } as const
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const what = code === 'ENOSPC' ? 'the disk is full' : 'the quota is used up'
    const hint =
      'make room and run it again: it goes on where it stopped; `ipxetool fetch --prune` removes what no lock names'
    return new TransferFailure('disk-full', `${what}, writing ${path}`, { ...never, hint })
  }
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') {
    const what = code === 'EROFS' ? 'the file system is read-only' : 'there is no permission'
    return new TransferFailure('not-writable', `${what} to write ${path}`, never)
  }
  if (code === 'EIO') return new TransferFailure('disk-error', `the disk failed at ${path}`, never)
  return undefined
}

/** A status that is not the file. */
export function statusFailure(status: number, url: string, wait: number | undefined): TransferFailure {
  if (status === 404 || status === 410) {
    return new TransferFailure('not-found', `${shown(url)} does not exist (${status})`, {
      remedy: 'elsewhere',
    })
  }
  if (status === 401 || status === 403) {
    return new TransferFailure('forbidden', `${host(url)} does not give out ${shown(url)} (${status})`, {
      remedy: 'elsewhere',
    })
  }
  if (status === 407) {
    return new TransferFailure('proxy-refused', `the proxy refused to connect to ${host(url)} (407)`, {
      remedy: 'elsewhere',
      hint: 'put the name and password into the proxy URL: http://name:password@proxy:port',
    })
  }
  const passing = [408, 429, 500, 502, 503, 504].includes(status)
  const what = status === 429 || status === 503 ? 'is busy' : 'failed'
  return new TransferFailure('server-error', `${host(url)} ${what} (${status} for ${shown(url)})`, {
    remedy: passing ? 'again' : 'elsewhere',
    retryAfter: wait,
  })
}

export function cancelled(): TransferFailure {
  return new TransferFailure('cancelled', 'the transfer was stopped', {
    remedy: 'never',
    hint: 'run it again: it goes on where it stopped',
  })
}
