/**
 * What `send` leaves to its caller in conditional and partial requests. Works on the request's headers before
 * `send` reads them.
 */
import type { IncomingHttpHeaders } from 'node:http'

/**
 * Removes Range where RFC 9110 wants it ignored:
 *
 * - section 14.2: it has a meaning for GET only, so a HEAD tells about the whole file;
 * - section 13.1.5: If-Range must match the file exactly, by strong tag or by the very same date. Otherwise the
 *   client would glue two versions of a kernel together.
 *
 * And removes weak tags from If-Match, which compares strongly (section 13.1.1).
 */
export function settleConditions(
  method: string,
  headers: IncomingHttpHeaders,
  file: { readonly etag: string; readonly lastModified: string },
): void {
  const ifRange = headers['if-range']
  if (typeof ifRange === 'string') {
    if (ifRange !== file.etag && !sameDate(ifRange, file.lastModified)) delete headers.range
    delete headers['if-range']
  }
  if (method !== 'GET') delete headers.range
  const ifMatch = headers['if-match']
  if (ifMatch !== undefined) headers['if-match'] = ifMatch.replace(/W\/"[^"]*"/g, '"weak"')
}

function sameDate(one: string, other: string): boolean {
  const time = Date.parse(one)
  return !one.includes('"') && !Number.isNaN(time) && time === Date.parse(other)
}
