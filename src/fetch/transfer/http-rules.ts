/** What a response says about the bytes behind it (RFC 9110, sections 8.8, 13.1.5, 14.4, 10.2.3). */

export type Headers = Readonly<Record<string, string | string[] | undefined>>

/** What `If-Range` may be sent with: a strong entity tag or a date that counts as strong. */
export interface Validator {
  kind: 'etag' | 'date'
  /** As the server wrote it, with the quotes of an entity tag. */
  value: string
}

export function header(headers: Headers, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}

/**
 * The strong validator of a response, if it has one. A date is strong only when the file was at rest for a minute
 * before the response was made (RFC 9110, 8.8.2.2): else it could have changed twice within that second.
 */
export function strongValidator(headers: Headers): Validator | undefined {
  const etag = header(headers, 'etag')?.trim()
  if (etag !== undefined) return /^"[^"]*"$/.test(etag) ? { kind: 'etag', value: etag } : undefined
  const modified = header(headers, 'last-modified')?.trim()
  if (modified === undefined) return undefined
  const changed = Date.parse(modified)
  const made = Date.parse(header(headers, 'date') ?? '')
  return made - changed >= 60_000 ? { kind: 'date', value: modified } : undefined
}

// `bytes 5-9/10`, `bytes 5-9/*`; of a 416 a star and the total
export interface ContentRange {
  first?: number
  last?: number
  total?: number
}

export function parseContentRange(value: string | undefined): ContentRange | undefined {
  const match = /^bytes\s+(?:(\d+)-(\d+)|\*)\/(\d+|\*)$/i.exec(value?.trim() ?? '')
  if (!match) return undefined
  const [, first, last, total] = match
  return {
    ...(first !== undefined && { first: Number(first), last: Number(last) }),
    ...(total !== '*' && { total: Number(total) }),
  }
}

/** Of a response with the whole file; undefined when it does not say. */
export function contentLength(headers: Headers): number | undefined {
  const value = header(headers, 'content-length')
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined
}

/** Milliseconds to wait, from seconds or a date; undefined when there is none that can be read. */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const value = header(headers, 'retry-after')?.trim()
  if (value === undefined || value === '') return undefined
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** Statuses that may be another one in a while: the set of curl's `--retry`. */
export function isPassing(status: number): boolean {
  return [408, 429, 500, 502, 503, 504].includes(status)
}

/** Does this look like a page for people, where nobody asked for one? */
export function isHtml(headers: Headers, url: string, firstBytes?: Uint8Array): boolean {
  if (/\.x?html?$/i.test(new URL(url).pathname)) return false
  if (/^\s*(text\/html|application\/xhtml)/i.test(header(headers, 'content-type') ?? '')) return true
  if (firstBytes === undefined) return false
  const start = Buffer.from(firstBytes.subarray(0, 64)).toString('latin1').trimStart().toLowerCase()
  return start.startsWith('<!doctype html') || start.startsWith('<html')
}

/**
 * The encoding that changes the bytes, else undefined. A `.gz` that is labelled `Content-Encoding: gzip` is that file
 * as it lies on the disk (older Apache and some mirrors say so).
 */
export function foreignEncoding(headers: Headers, url: string): string | undefined {
  const encoding = header(headers, 'content-encoding')?.trim().toLowerCase()
  if (encoding === undefined || encoding === '' || encoding === 'identity') return undefined
  const ends: Record<string, RegExp> = {
    gzip: /\.t?gz$/i,
    'x-gzip': /\.t?gz$/i,
    zstd: /\.zst$/i,
    br: /\.br$/i,
  }
  return ends[encoding]?.test(new URL(url).pathname) ? undefined : encoding
}
