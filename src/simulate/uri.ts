/** URIs as iPXE takes them apart, resolves and prints them (`core/uri.c`). Byte strings; RFC 3986 is not the law here. */
import { readNumber } from './numbers.js'

export interface Uri {
  readonly scheme?: string
  /** what follows the scheme's colon, when that is no `/` */
  readonly opaque?: string
  readonly user?: string
  readonly password?: string
  readonly host?: string
  readonly port?: string
  /** decoded */
  readonly path?: string
  /** as written: this goes on the wire */
  readonly encodedPath?: string
  readonly query?: string
  readonly fragment?: string
}

/** The named parameter list of `##params=NAME`; `''` for `##params`. */
export interface ParsedUri {
  readonly uri: Uri
  readonly params: string | undefined
}

/** `%41` becomes `A`; a `%` without hex digits stays. */
export function decodeUri(text: string): string {
  if (!text.includes('%')) return text
  let decoded = ''
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '%') {
      decoded += text.charAt(at)
      continue
    }
    const { value, end } = readNumber(text.slice(at + 1, at + 3), 0, 16)
    if (end === 0) decoded += '%'
    else {
      decoded += String.fromCharCode(Number(value & 0xffn))
      at += end
    }
  }
  return decoded
}

const escaped = {
  component: '/#:@?=&+%',
  opaque: '#%',
  user: '/#:@?%',
  password: '/#:@?%',
  host: '/#@?%',
  port: '/#:@?%',
  path: '#:@?%',
  /** parts that are kept as written */
  encoded: '',
} as const

/**
 * Whether a C `char` has a sign: on x86. iPXE prints the byte 0xff as `%FFFFFFFF` there, and as `%FF` on ARM
 * (`uri_encode` gives a `char` to `%02X`).
 */
export function hasSignedChars(arch: string): boolean {
  return arch === 'i386' || arch === 'x86_64' || arch.startsWith('loong')
}

export function encodeUri(text: string, field: keyof typeof escaped, signedChars: boolean): string {
  let encoded = ''
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    const plain = code > 0x20 && code < 0x7f && !escaped[field].includes(text[index]!)
    const hex = code.toString(16).toUpperCase().padStart(2, '0')
    encoded += plain ? text.charAt(index) : signedChars && code > 0x7f ? `%FFFFFF${hex}` : `%${hex}`
  }
  return encoded
}

export function parseUri(text: string): ParsedUri {
  let raw = text
  let params: string | undefined
  const list = raw.indexOf('##params')
  if (list >= 0) {
    params = raw[list + 8] === '=' ? raw.slice(list + 9) : ''
    raw = raw.slice(0, list)
  }
  const uri: { -readonly [Key in keyof Uri]: Uri[Key] } = {}
  const hash = raw.indexOf('#')
  if (hash >= 0) {
    uri.fragment = raw.slice(hash + 1)
    raw = raw.slice(0, hash)
  }
  const scheme = /^([A-Za-z_-]*):/.exec(raw)
  if (scheme) {
    uri.scheme = decodeUri(scheme[1]!)
    raw = raw.slice(scheme[0].length)
    if (!raw.startsWith('/')) {
      uri.opaque = decodeUri(raw)
      return { uri, params }
    }
  }
  const question = raw.indexOf('?')
  if (question >= 0) {
    uri.query = raw.slice(question + 1)
    raw = raw.slice(0, question)
  }
  if (raw === '') return { uri, params }
  let authority: string | undefined
  if (uri.scheme !== undefined && raw.startsWith('//')) {
    const slash = raw.indexOf('/', 2)
    authority = raw.slice(2, slash < 0 ? undefined : slash)
    raw = slash < 0 ? '' : raw.slice(slash)
  }
  if (raw !== '') {
    uri.encodedPath = raw
    uri.path = decodeUri(raw)
  }
  if (authority !== undefined) {
    const at = authority.indexOf('@')
    if (at >= 0) {
      const login = authority.slice(0, at)
      authority = authority.slice(at + 1)
      const colon = login.indexOf(':')
      uri.user = decodeUri(colon < 0 ? login : login.slice(0, colon))
      if (colon >= 0) uri.password = decodeUri(login.slice(colon + 1))
    }
    const colon = authority.endsWith(']') ? -1 : authority.lastIndexOf(':')
    uri.host = decodeUri(colon < 0 ? authority : authority.slice(0, colon))
    if (colon >= 0) uri.port = decodeUri(authority.slice(colon + 1))
  }
  return { uri, params }
}

export function formatUri(uri: Uri, signedChars: boolean): string {
  const encode = (part: string, field: keyof typeof escaped) => encodeUri(part, field, signedChars)
  let text = ''
  if (uri.scheme !== undefined) {
    text += `${encode(uri.scheme, 'component')}:${uri.host !== undefined ? '//' : ''}`
  }
  if (uri.opaque !== undefined) text += encode(uri.opaque, 'opaque')
  if (uri.user !== undefined) text += encode(uri.user, 'user')
  if (uri.password !== undefined) text += `:${encode(uri.password, 'password')}`
  if (uri.host !== undefined) text += (uri.user !== undefined ? '@' : '') + encode(uri.host, 'host')
  if (uri.port !== undefined) text += `:${encode(uri.port, 'port')}`
  if (uri.encodedPath !== undefined) text += encode(uri.encodedPath, 'encoded')
  else if (uri.path !== undefined) text += encode(uri.path, 'path')
  if (uri.query !== undefined) text += `?${encode(uri.query, 'encoded')}`
  if (uri.fragment !== undefined) text += `#${encode(uri.fragment, 'encoded')}`
  return text
}

function directory(path: string): string {
  const slash = path.lastIndexOf('/')
  if (slash < 0) return '.'
  return slash === 0 ? '/' : path.slice(0, slash)
}

export function resolvePath(base: string, relative: string): string {
  if (relative.startsWith('/')) return relative
  let folder = directory(base)
  let rest = relative
  while (rest.startsWith('.')) {
    if (rest === '.') rest = ''
    else if (rest.startsWith('./')) rest = rest.slice(2)
    else if (rest === '..' || rest.startsWith('../')) {
      folder = directory(folder)
      rest = rest.slice(3)
    } else break
  }
  return folder + (folder.endsWith('/') ? '' : '/') + rest
}

/** The address without some of its parts. */
export function without(uri: Uri, ...parts: readonly (keyof Uri)[]): Uri {
  return Object.fromEntries(Object.entries(uri).filter(([part]) => !parts.includes(part as keyof Uri)))
}

/** What `relative` means beside `base`; `base` is undefined where iPXE has no working URI. */
export function resolveUri(base: Uri | undefined, relative: Uri): Uri {
  if (relative.scheme !== undefined || !base) return relative
  const rest = without(base, 'query', 'fragment')
  const query = relative.query === undefined ? {} : { query: relative.query }
  const fragment = relative.fragment === undefined ? {} : { fragment: relative.fragment }
  if (relative.encodedPath !== undefined) {
    const encodedPath = resolvePath(base.encodedPath ?? '/', relative.encodedPath)
    return { ...rest, encodedPath, path: decodeUri(encodedPath), ...query, ...fragment }
  }
  if (relative.query !== undefined) return { ...rest, ...query, ...fragment }
  return { ...base, ...fragment }
}

/** The name that a downloaded image gets. */
export function uriName(uri: Uri): string | undefined {
  const name = uri.path ?? uri.opaque
  return name === undefined ? undefined : name.slice(name.lastIndexOf('/') + 1)
}
