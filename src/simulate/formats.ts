/**
 * The setting types: text to raw bytes and back, exactly as iPXE does it (`core/settings.c`, `net/ipv4.c`, `net/ipv6.c`,
 * `core/base16.c`, `core/base64.c`, `core/uuid.c`). Raw values are byte strings.
 */
import type { SettingTypeName } from '../data/types.js'
import type { ErrorFile, ErrorName } from './errors.js'
import { readNumber } from './numbers.js'
import { decodeUri, encodeUri } from './uri.js'

/** What of the machine's C shows through. */
export interface Platform {
  /** bytes in a `long` */
  readonly longSize: number
  /** `uristring` of bytes above 0x7f */
  readonly signedChars: boolean
}

/** Why a value has no text, or a text no value. */
export class FormatError {
  readonly error: ErrorName
  readonly file: ErrorFile

  constructor(error: ErrorName, file: ErrorFile) {
    this.error = error
    this.file = file
  }
}

const invalid = new FormatError('EINVAL', 'settings')
const unsupported = new FormatError('ENOTSUP', 'settings')
const outOfRange = new FormatError('ERANGE', 'settings')

/** Widths of the integer types in bytes. */
const integers: Readonly<Partial<Record<SettingTypeName, { width: number; signed: boolean }>>> = {
  int8: { width: 1, signed: true },
  int16: { width: 2, signed: true },
  int32: { width: 4, signed: true },
  uint8: { width: 1, signed: false },
  uint16: { width: 2, signed: false },
  uint32: { width: 4, signed: false },
}

/** The value of raw bytes as a C `long` of `longSize` bytes; modulo its width, never negative. */
function numericValue(raw: string, signed: boolean, longSize: number): bigint | FormatError {
  const bits = BigInt(longSize * 8)
  const mask = (1n << bits) - 1n
  const negative = signed && raw.length > 0 && raw.charCodeAt(0) >= 0x80
  let value = negative ? mask : 0n
  const pad = negative ? 0xff : 0
  for (let index = 0; index < raw.length; index++) {
    const byte = raw.charCodeAt(index)
    value = ((value << 8n) | BigInt(byte)) & mask
    if (index + longSize < raw.length && byte !== pad) return outOfRange
  }
  return value
}

/** What `inc` counts with. */
export function numerate(type: SettingTypeName, raw: string, longSize: number): bigint | FormatError {
  const integer = integers[type]
  return integer ? numericValue(raw, integer.signed, longSize) : unsupported
}

/** A number in the bytes of an integer type; too large ones are cut. */
export function denumerate(type: SettingTypeName, value: bigint): string | FormatError {
  const integer = integers[type]
  if (!integer) return unsupported
  let raw = ''
  for (let index = integer.width - 1; index >= 0; index--) {
    raw += String.fromCharCode(Number((value >> BigInt(index * 8)) & 0xffn))
  }
  return raw
}

/** Text as raw bytes; what `set NAME:TYPE TEXT` stores. */
export function parseValue(type: SettingTypeName, text: string): string | FormatError {
  switch (type) {
    case 'string':
      return text
    case 'uristring':
      return decodeUri(text)
    case 'ipv4':
      return parseIpv4(text) ?? new FormatError('EINVAL', 'ipv4')
    case 'ipv6':
      return parseIpv6(text) ?? new FormatError('EINVAL', 'ipv6')
    case 'hex':
      return decodeHex(text, ':')
    case 'hexhyp':
      return decodeHex(text, '-')
    case 'hexraw':
      return decodeHex(text, '')
    case 'base64':
      return decodeBase64(text)
    case 'uuid':
    case 'guid': {
      const raw = decodeHex(text, '-', true)
      if (typeof raw !== 'string') return raw
      if (raw.length !== 16) return new FormatError('EINVAL', 'uuid')
      return type === 'guid' ? mangle(raw) : raw
    }
    case 'dnssl':
    case 'busdevfn':
      return unsupported
    default: {
      const { value, end } = readNumber(text)
      return end === text.length ? denumerate(type, value) : invalid
    }
  }
}

/** Raw bytes as text; what `${name:type}` prints. The cut at the first NUL byte is the caller's. */
export function formatValue(
  type: SettingTypeName,
  raw: string,
  { longSize, signedChars }: Platform,
): string | FormatError {
  switch (type) {
    case 'string':
      return raw
    case 'uristring':
      return encodeUri(raw, 'component', signedChars)
    case 'ipv4':
      if (raw.length < 4) return invalid
      return formatIpv4(raw)
    case 'ipv6':
      return raw.length < 16 ? invalid : formatIpv6(raw)
    case 'hex':
      return encodeHex(raw, ':')
    case 'hexhyp':
      return encodeHex(raw, '-')
    case 'hexraw':
      return encodeHex(raw, '')
    case 'base64':
      return encodeBase64(raw)
    case 'uuid':
    case 'guid': {
      if (raw.length !== 16) return outOfRange
      const hex = encodeHex(type === 'guid' ? mangle(raw) : raw, '')
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
        '-',
      )
    }
    case 'dnssl':
      return formatNames(raw)
    case 'busdevfn': {
      const value = numericValue(raw, false, longSize)
      if (typeof value !== 'bigint') return value
      const address = Number(value & 0xffffffffn)
      const hex = (number: number, digits: number) => number.toString(16).padStart(digits, '0')
      return `${hex((address >>> 16) & 0xffff, 4)}:${hex((address >> 8) & 0xff, 2)}:${hex((address >> 3) & 31, 2)}.${(address & 7).toString(16)}`
    }
    default: {
      const { signed } = integers[type]!
      const value = numericValue(raw, signed, longSize)
      if (typeof value !== 'bigint') return value
      return signed ? BigInt.asIntN(longSize * 8, value).toString() : `0x${value.toString(16)}`
    }
  }
}

export function encodeHex(raw: string, separator: string): string {
  let text = ''
  for (let index = 0; index < raw.length; index++) {
    if (index) text += separator
    text += raw.charCodeAt(index).toString(16).padStart(2, '0')
  }
  return text
}

function decodeHex(text: string, separator: string, optional = false): string | FormatError {
  const bad = new FormatError('EINVAL', 'base16')
  let raw = ''
  let at = 0
  while (at < text.length) {
    if (raw && separator) {
      if (text[at] === separator) at++
      else if (!optional) return bad
    }
    const pair = text.slice(at, at + 2)
    if (!/^[0-9a-fA-F]{2}$/.test(pair)) return bad
    raw += String.fromCharCode(parseInt(pair, 16))
    at += 2
  }
  return raw
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

function encodeBase64(raw: string): string {
  let text = ''
  for (let at = 0; at < raw.length; at += 3) {
    const bytes = [0, 1, 2].map((index) => (at + index < raw.length ? raw.charCodeAt(at + index) : 0))
    const bits = (bytes[0]! << 16) | (bytes[1]! << 8) | bytes[2]!
    const digits = [18, 12, 6, 0].map((shift) => alphabet[(bits >> shift) & 63]!)
    const left = raw.length - at
    text +=
      left >= 3
        ? digits.join('')
        : digits
            .slice(0, left + 1)
            .join('')
            .padEnd(4, '=')
  }
  return text
}

export function decodeBase64(text: string): string | FormatError {
  const bad = new FormatError('EINVAL', 'base64')
  const bytes: number[] = []
  let bit = 0
  let pads = 0
  for (const character of text) {
    if (/[ \t\n\v\f\r]/.test(character)) continue
    if (character === '=') {
      if (pads >= 2) return bad
      pads++
      bit -= 2
      continue
    }
    const digit = alphabet.indexOf(character)
    if (pads || digit < 0) return bad
    const at = Math.floor(bit / 8)
    const shifted = (digit << 2) << 8
    bytes[at] = (bytes[at] ?? 0) | ((shifted >> (8 + (bit % 8))) & 0xff)
    bytes[at + 1] = ((shifted >> (bit % 8)) & 0xff) | (bytes[at + 1] ?? 0)
    bit += 6
  }
  if (bit % 8) return bad
  let raw = ''
  for (let index = 0; index < bit / 8; index++) raw += String.fromCharCode(bytes[index] ?? 0)
  return raw
}

/** The first three fields of a UUID, each turned round. */
export function mangle(raw: string): string {
  return [3, 2, 1, 0, 5, 4, 7, 6].map((index) => raw[index]!).join('') + raw.slice(8)
}

export function parseIpv4(text: string): string | undefined {
  let raw = ''
  let at = 0
  for (let octet = 0; ; octet++) {
    const { value, end } = readNumber(text, at)
    if (end === at || value > 255n) return undefined
    raw += String.fromCharCode(Number(value))
    if (octet === 3) return end === text.length ? raw : undefined
    if (text[end] !== '.') return undefined
    at = end + 1
  }
}

function parseIpv6(text: string): string | undefined {
  const words: number[] = []
  let pad: number | undefined
  let at = 0
  for (;;) {
    const { value, end } = readNumber(text, at, 16)
    if (value > 0xffffn) return undefined
    words.push(Number(value))
    if (end === text.length) break
    if (text[end] !== ':') return undefined
    if (end === at && at > 0) {
      if (pad !== undefined) return undefined
      pad = words.length
    }
    at = end + 1
    if (words.length === 8) return undefined
  }
  if (pad !== undefined) words.splice(pad, 0, ...Array<number>(8 - words.length).fill(0))
  else if (words.length !== 8) return undefined
  return words.map((word) => String.fromCharCode(word >> 8, word & 0xff)).join('')
}

/** `10.0.0.1` for four bytes. */
export function formatIpv4(raw: string): string {
  return [0, 1, 2, 3].map((index) => raw.charCodeAt(index)).join('.')
}

/** The longest run of two or more zeros is `::`; the first of equal ones. */
function formatIpv6(raw: string): string {
  const words = Array.from(
    { length: 8 },
    (_, index) => (raw.charCodeAt(2 * index) << 8) | raw.charCodeAt(2 * index + 1),
  )
  let best = { start: -1, length: 1 }
  for (let start = 0; start < 8; start++) {
    let length = 0
    while (start + length < 8 && words[start + length] === 0) length++
    if (length > best.length) best = { start, length }
    if (length) start += length - 1
  }
  const hex = words.map((word) => word.toString(16))
  if (best.start < 0) return hex.join(':')
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`
}

/** RFC 1035 names without compression pointers into other data. */
function formatNames(raw: string): string | FormatError {
  const names: string[] = []
  let at = 0
  while (at < raw.length) {
    const labels: string[] = []
    let back = -1
    for (let steps = 0; ; steps++) {
      const length = at < raw.length ? raw.charCodeAt(at) : NaN
      if (Number.isNaN(length) || steps > 128) return invalid
      if (length >= 0xc0) {
        if (back < 0) back = at + 2
        at = ((length & 0x3f) << 8) | raw.charCodeAt(at + 1)
        continue
      }
      at++
      if (length === 0) break
      labels.push(raw.slice(at, at + length))
      at += length
    }
    if (back >= 0) at = back
    // padding
    while (raw.charCodeAt(at) === 0) at++
    names.push(labels.join('.'))
  }
  return names.join(' ')
}
