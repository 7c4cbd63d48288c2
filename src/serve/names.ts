/**
 * From what a client wrote to a path inside the tree, or to the reason why there is none. Pure text work, shared
 * by both protocols; {@link ./tree.ts} then asks the file system.
 */
import type { Refusal } from './refusal.js'

/** Path segments below the root of the tree; empty means the root itself. */
export type CleanName =
  | { readonly ok: true; readonly segments: readonly string[] }
  | { readonly ok: false; readonly refusal: Refusal }

const MAX_SEGMENTS = 64

/**
 * The file name of a TFTP request. Firmware is careless: it leaves bytes of its own behind the name, writes
 * backslashes, doubles slashes.
 *
 * @param name a byte string, as {@link ./tftp/packet.ts} gives it
 */
export function cleanTftpName(name: string): CleanName {
  return cleanSegments(decodeBytes(name).replaceAll('\\', '/'))
}

/**
 * The path of an HTTP request target: the origin form, or the absolute form that a client may send to any server
 * (RFC 9112 section 3.2.2). Percent signs are decoded once; what then still holds a percent sign is a file name
 * with a percent sign.
 */
export function cleanHttpTarget(target: string): CleanName {
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(target)
  const rest = absolute === null ? target : target.slice(absolute[0].length)
  const path = rest.replace(/[?#].*$/s, '')
  if (!path.startsWith('/') && !(absolute !== null && path === '')) return refuse('malformed')
  let decoded: string
  try {
    decoded = decodeURIComponent(path)
  } catch {
    return refuse('malformed')
  }
  if (decoded.includes('\0')) return refuse('malformed')
  // A backslash is a letter of a file name here and a separator on Windows: no file of ours has one.
  if (decoded.includes('\\')) return refuse('bad-name')
  // `menus/` is not the file `menus`; the bare root is the one path that may end in a slash.
  if (decoded.endsWith('/') && /[^/]/.test(decoded)) return refuse('directory')
  return cleanSegments(decoded)
}

function cleanSegments(path: string): CleanName {
  // Empty segments are `//`, which firmware makes by joining a URL that ends in a slash with a name that begins
  // with one. Serving the file is right; a redirect to the clean name breaks UEFI HTTP Boot.
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.')
  if (segments.includes('..')) return refuse('traversal')
  if (segments.length > MAX_SEGMENTS) return refuse('bad-name')
  // A colon is a drive letter or an alternate stream where file systems know those.
  if (segments.some((segment) => hasControls(segment) || /^[a-z]:/i.test(segment))) return refuse('bad-name')
  if (segments.some((segment) => segment.startsWith('.'))) return refuse('hidden')
  return { ok: true, segments }
}

/**
 * Trailing control characters are dropped; trailing bytes above 0x7F too, unless the whole name is proper UTF-8,
 * in which case they are the end of a word in somebody's language.
 */
function decodeBytes(name: string): string {
  const trimmed = name.slice(
    0,
    lastKept(name, (code) => code < 0x20 || code === 0x7f),
  )
  const decoded = utf8(trimmed)
  if (decoded !== undefined) return decoded
  const ascii = trimmed.slice(
    0,
    lastKept(trimmed, (code) => code < 0x20 || code >= 0x7f),
  )
  return utf8(ascii) ?? ascii
}

function lastKept(text: string, drop: (code: number) => boolean): number {
  let end = text.length
  while (end > 0 && drop(text.charCodeAt(end - 1))) end -= 1
  return end
}

function utf8(bytes: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.from(bytes, (character) => character.charCodeAt(0)),
    )
  } catch {
    return undefined
  }
}

function hasControls(text: string): boolean {
  return /\p{Cc}/u.test(text)
}

function refuse(refusal: Refusal): CleanName {
  return { ok: false, refusal }
}
