/**
 * URIs as iPXE takes them apart and puts them together (`core/uri.c`). Texts are byte strings and may hold holes; the
 * parts keep their encoding, which is what goes on the wire.
 */
import { decodeText } from '../syntax/bytes.js'
import { hole } from '../analysis/text.js'

export interface Uri {
  scheme?: string
  /** What follows the colon of a scheme where no slash follows; never taken apart. */
  opaque?: string
  /** `user@host:port` as written. */
  authority?: string
  path?: string
  query?: string
  fragment?: string
}

/** `parse_uri`. Takes every text; a scheme is letters, `-` and `_` before a colon, or nothing before it. */
export function parseUri(text: string): Uri {
  const uri: Uri = {}
  const params = text.indexOf('##params')
  let rest = params < 0 ? text : text.slice(0, params)
  const hash = rest.indexOf('#')
  if (hash >= 0) {
    uri.fragment = rest.slice(hash + 1)
    rest = rest.slice(0, hash)
  }
  const scheme = /^([A-Za-z_-]*):/.exec(rest)
  if (scheme) {
    uri.scheme = scheme[1]!
    rest = rest.slice(scheme[0].length)
    if (!rest.startsWith('/')) return { ...uri, opaque: rest }
  }
  const question = rest.indexOf('?')
  if (question >= 0) {
    uri.query = rest.slice(question + 1)
    rest = rest.slice(0, question)
  }
  if (rest === '') return uri
  if (uri.scheme === undefined || !rest.startsWith('//')) return { ...uri, path: rest }
  const slash = rest.indexOf('/', 2)
  uri.authority = rest.slice(2, slash < 0 ? undefined : slash)
  if (slash >= 0) uri.path = rest.slice(slash)
  return uri
}

/** The inverse of {@link parseUri} but for `##params`. */
export function formatUri({ scheme, opaque, authority, path, query, fragment }: Uri): string {
  return [
    scheme === undefined ? '' : `${scheme}:`,
    opaque ?? '',
    authority === undefined ? '' : `//${authority}`,
    path ?? '',
    query === undefined ? '' : `?${query}`,
    fragment === undefined ? '' : `#${fragment}`,
  ].join('')
}

/** `resolve_path`: only `./` and `../` at the very beginning mean anything. */
export function resolvePath(base: string, relative: string): string {
  if (relative.startsWith('/')) return relative
  let folder = dirname(base)
  let rest = relative
  for (;;) {
    const dots = /^\.\.?(?:\/|$)/.exec(rest)?.[0]
    if (dots === undefined) break
    if (dots.startsWith('..')) folder = dirname(folder)
    rest = rest.slice(dots.length)
  }
  return `${folder}${folder.endsWith('/') ? '' : '/'}${rest}`
}

/** `core/basename.c` */
function dirname(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash === 0 ? '/' : slash < 0 ? '.' : path.slice(0, slash)
}

/** `resolve_uri`: what a download of `relative` asks for while the current working URI is `base`. */
export function resolveUri(base: Uri | undefined, relative: Uri): Uri {
  if (relative.scheme !== undefined || !base) return relative
  const { path, query, fragment, ...place } = base
  const own = part('query', relative.query)
  const ownFragment = part('fragment', relative.fragment)
  if (relative.path !== undefined) {
    return { ...place, path: resolvePath(path ?? '/', relative.path), ...own, ...ownFragment }
  }
  const inherited = { ...place, ...part('path', path) }
  if (relative.query !== undefined) return { ...inherited, ...own, ...ownFragment }
  const kept = { ...inherited, ...part('query', query) }
  return relative.fragment === undefined
    ? { ...kept, ...part('fragment', fragment) }
    : { ...kept, ...ownFragment }
}

function part<Key extends keyof Uri>(key: Key, value: string | undefined): Partial<Pick<Uri, Key>> {
  return value === undefined ? {} : ({ [key]: value } as Pick<Uri, Key>)
}

/** `uri_decode`: `%` and up to two hexadecimal digits. */
export function percentDecode(text: string): string {
  return text.replace(/%([0-9a-fA-F]{1,2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
}

/** A path of the tree as it stands in a URL: a byte string. */
export function percentEncode(path: string): string {
  return encodeURI(path.replace(/\p{Surrogate}/gu, '\ufffd')).replace(/[?#]/g, encodeURIComponent)
}

/** From the path of a URL to a path in the tree: decoded, holes kept, `.`, `..` and empty parts as servers read them. */
export function pathInTree(path: string): string {
  // most paths are what they seem
  if (/^\/?(?:[\w-][\w.-]*\/)*[\w-][\w.-]*$/.test(path)) return path.replace(/^\//, '')
  const parts: string[] = []
  for (const part of path.split('/')) {
    const name = part
      .split(hole)
      .map((piece) => decodeText(percentDecode(piece)))
      .join(hole)
    if (name === '..') parts.pop()
    else if (name !== '' && name !== '.') parts.push(name)
  }
  return parts.join('/')
}
