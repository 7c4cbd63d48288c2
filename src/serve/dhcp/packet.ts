/**
 * DHCP packets as bytes and back: RFC 951 and 2131 (header), 2132 and 3396 (options, long ones, options in `sname`
 * and `file`). Pure; {@link decodePacket} throws for no input. What clients mean by it is in {@link ./client.ts}.
 */
import { type DhcpOption, decodeOptions, encodeOptions, find, Option } from './options.js'

export const Op = { request: 1, reply: 2 } as const

/** RFC 2132 section 9.6; 10 to 13 are lease queries, RFC 4388. */
export const MessageType = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  ack: 5,
  nak: 6,
  release: 7,
  inform: 8,
} as const

const TYPE_NAMES = ['', 'DISCOVER', 'OFFER', 'REQUEST', 'DECLINE', 'ACK', 'NAK', 'RELEASE', 'INFORM']

/** `DISCOVER`, or `type 77`. */
export function messageName(type: number | undefined): string {
  if (type === undefined) return 'BOOTP'
  return TYPE_NAMES[type] || `type ${type}`
}

/** The answer must come by broadcast: the client cannot take a packet to an address that it does not have yet. */
export const BROADCAST = 0x8000

export const NO_ADDRESS = '0.0.0.0'

export interface DhcpPacket {
  readonly op: number
  readonly htype: number
  /** At most 16. */
  readonly hlen: number
  readonly hops: number
  readonly xid: number
  readonly secs: number
  readonly flags: number
  readonly ciaddr: string
  readonly yiaddr: string
  readonly siaddr: string
  readonly giaddr: string
  /** All 16 octets of the field. */
  readonly chaddr: Uint8Array
  /** All 64 octets of the field; zeros where it held options. */
  readonly sname: Uint8Array
  /** All 128 octets of the field; zeros where it held options. */
  readonly file: Uint8Array
  /** Each code once. Without 52: the options of `sname` and `file` are among these. */
  readonly options: readonly DhcpOption[]
}

export type DecodedPacket =
  | { readonly ok: true; readonly packet: DhcpPacket; readonly truncated: boolean }
  | { readonly ok: false; readonly problem: string }

const SNAME = 44
const FILE = 108
const COOKIE_AT = 236
const OPTIONS = 240
const COOKIE = 0x63825363

/** BOOTP's size (RFC 951 section 3): relays and clients may drop what is shorter (RFC 1542 section 2.1). */
const MIN_SIZE = 300

export function decodePacket(bytes: Uint8Array): DecodedPacket {
  if (bytes.length < OPTIONS) return { ok: false, problem: `${bytes.length} octets are no DHCP packet` }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(COOKIE_AT) !== COOKIE) return { ok: false, problem: 'no DHCP options (magic cookie)' }
  const op = bytes[0]!
  const hlen = bytes[2]!
  if (op !== Op.request && op !== Op.reply)
    return { ok: false, problem: `op ${op} is neither request nor reply` }
  if (hlen > 16) return { ok: false, problem: `a hardware address of ${hlen} octets` }
  const first = decodeOptions([bytes.subarray(OPTIONS)])
  const overloaded = find(first.options, Option.overload)
  const overload = overloaded?.[0] ?? 0
  const fileIsOptions = (overload & 1) !== 0
  const snameIsOptions = (overload & 2) !== 0
  const file = bytes.slice(FILE, COOKIE_AT)
  const sname = bytes.slice(SNAME, FILE)
  const all =
    fileIsOptions || snameIsOptions
      ? decodeOptions([
          bytes.subarray(OPTIONS),
          ...(fileIsOptions ? [file] : []),
          ...(snameIsOptions ? [sname] : []),
        ])
      : first
  const packet = {
    op,
    htype: bytes[1]!,
    hlen,
    hops: bytes[3]!,
    xid: view.getUint32(4),
    secs: view.getUint16(8),
    flags: view.getUint16(10),
    ciaddr: addressAt(bytes, 12),
    yiaddr: addressAt(bytes, 16),
    siaddr: addressAt(bytes, 20),
    giaddr: addressAt(bytes, 24),
    chaddr: bytes.slice(28, SNAME),
    sname: snameIsOptions ? new Uint8Array(64) : sname,
    file: fileIsOptions ? new Uint8Array(128) : file,
    options:
      overloaded === undefined ? all.options : all.options.filter(({ code }) => code !== Option.overload),
  }
  return { ok: true, packet, truncated: all.truncated }
}

/** Padded to 300 octets. Option 52 is never written: everything goes into the options field. */
export function encodePacket(packet: DhcpPacket): Uint8Array {
  const options = encodeOptions(packet.options)
  const bytes = new Uint8Array(Math.max(OPTIONS + options.length + 1, MIN_SIZE))
  const view = new DataView(bytes.buffer)
  view.setUint8(0, packet.op)
  view.setUint8(1, packet.htype)
  view.setUint8(2, packet.hlen)
  view.setUint8(3, packet.hops)
  view.setUint32(4, packet.xid)
  view.setUint16(8, packet.secs)
  view.setUint16(10, packet.flags)
  bytes.set(addressBytes(packet.ciaddr), 12)
  bytes.set(addressBytes(packet.yiaddr), 16)
  bytes.set(addressBytes(packet.siaddr), 20)
  bytes.set(addressBytes(packet.giaddr), 24)
  bytes.set(packet.chaddr.subarray(0, 16), 28)
  bytes.set(packet.sname.subarray(0, 64), SNAME)
  bytes.set(packet.file.subarray(0, 128), FILE)
  view.setUint32(COOKIE_AT, COOKIE)
  bytes.set(options, OPTIONS)
  bytes[OPTIONS + options.length] = 255
  return bytes
}

/** The four octets of `192.0.2.1`. */
export function addressBytes(address: string): Uint8Array {
  const bytes = new Uint8Array(4)
  if (address === NO_ADDRESS) return bytes
  address.split('.').forEach((part, at) => {
    bytes[at] = Number(part)
  })
  return bytes
}

export function addressAt(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`
}

/** A header field of `size` octets with text in it; what does not fit with its NUL is cut. */
export function field(text: string, size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  for (let i = 0; i < Math.min(text.length, size - 1); i++) bytes[i] = text.charCodeAt(i)
  return bytes
}
