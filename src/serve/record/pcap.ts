/**
 * UDP over IPv4 and IPv6 in the classic file format of libpcap, as pcap-savefile(5) has it. Written with link type RAW: this
 * program sees datagrams, and the headers before them are made up from their addresses. Reads what tcpdump writes, too.
 */

import { isIPv4, isIPv6 } from 'node:net'

export interface Datagram {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly from: { readonly address: string; readonly port: number }
  readonly to: { readonly address: string; readonly port: number }
  readonly bytes: Uint8Array
}

const MAGIC = 0xa1b2c3d4
const MAGIC_NANO = 0xa1b23c4d
const PCAPNG = 0x0a0d0d0a
const LINK = { ethernet: 1, raw: 101, linuxSll: 113 } as const
const SNAPLEN = 65_535
const UDP = 17
const RECORD_HEADER = 16
const IPV4_HEADER = 20
const IPV6_HEADER = 40
const UDP_HEADER = 8
/** IPv6 headers that may stand before UDP: hop-by-hop and destination options, routing (RFC 8200, 4). */
const EXTENSIONS = [0, 43, 60]
/** One bad length must not take the memory. */
const MAX_RECORD = 262_144

export function pcapHeader(): Uint8Array {
  const bytes = new Uint8Array(24)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint16(4, 2, true)
  view.setUint16(6, 4, true)
  view.setUint32(16, SNAPLEN, true)
  view.setUint32(20, LINK.raw, true)
  return bytes
}

/**
 * @param keep octets of the datagram that are written; default: all
 * @returns undefined for addresses of two families, and for what is too long: such a record could not be written
 */
export function pcapRecord({ at, from, to, bytes }: Datagram, keep = bytes.length): Uint8Array | undefined {
  const source = addressBytes(from.address)
  const destination = addressBytes(to.address)
  if (source === undefined || source.length !== destination?.length) return undefined
  const wide = source.length === 16
  const head = wide ? IPV6_HEADER : IPV4_HEADER
  const length = head + UDP_HEADER + bytes.length
  if (length > SNAPLEN) return undefined
  const record = new Uint8Array(RECORD_HEADER + head + UDP_HEADER + keep)
  const view = new DataView(record.buffer)
  view.setUint32(0, Math.floor(at / 1000), true)
  view.setUint32(4, Math.floor((at % 1000) * 1000), true)
  view.setUint32(8, head + UDP_HEADER + keep, true)
  view.setUint32(12, length, true)
  const ip = record.subarray(RECORD_HEADER)
  const header = new DataView(record.buffer, RECORD_HEADER)
  if (wide) {
    ip[0] = 0x60
    header.setUint16(4, UDP_HEADER + bytes.length)
    ip[6] = UDP
    ip[7] = 64
    ip.set(source, 8)
    ip.set(destination, 24)
  } else {
    ip[0] = 0x45
    header.setUint16(2, length)
    ip[8] = 64
    ip[9] = UDP
    ip.set(source, 12)
    ip.set(destination, 16)
    header.setUint16(10, ~sumOf(ip.subarray(0, IPV4_HEADER)) & 0xffff)
  }
  header.setUint16(head, from.port)
  header.setUint16(head + 2, to.port)
  header.setUint16(head + 4, UDP_HEADER + bytes.length)
  // Over IPv4 it may be missing (RFC 768), and nobody has computed one; over IPv6 it may not (RFC 8200, 8.1).
  if (wide) {
    const pseudo = [ip.subarray(8, 40), Uint8Array.of(0, UDP), ip.subarray(head + 4, head + 6)]
    const sum = [...pseudo, ip.subarray(head, head + UDP_HEADER), bytes].reduce(
      (all, part) => all + sumOf(part),
      0,
    )
    header.setUint16(head + 6, ~folded(sum) & 0xffff || 0xffff)
  }
  ip.set(bytes.subarray(0, keep), head + UDP_HEADER)
  return record
}

export type DecodedPcap =
  | { readonly ok: true; readonly datagrams: readonly Datagram[]; readonly truncated: boolean }
  | { readonly ok: false; readonly problem: string }

/** What is neither IP nor UDP, and what is not whole, is left out. */
export function decodePcap(bytes: Uint8Array): DecodedPcap {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 24) return { ok: false, problem: 'too short for a recording (pcap)' }
  if (view.getUint32(0) === PCAPNG) {
    return { ok: false, problem: 'a pcapng file; `editcap -F pcap IN OUT` makes a pcap file of it' }
  }
  const little = [MAGIC, MAGIC_NANO].includes(view.getUint32(0, true))
  const magic = view.getUint32(0, little)
  if (magic !== MAGIC && magic !== MAGIC_NANO) return { ok: false, problem: 'no recording (pcap)' }
  const perMs = magic === MAGIC ? 1000 : 1_000_000
  const link = view.getUint32(20, little) & 0xffff
  const offset = networkOffset(link)
  if (offset === undefined)
    return { ok: false, problem: `a recording of link type ${link}, not of Ethernet or IP` }
  const datagrams: Datagram[] = []
  let at = 24
  let truncated = false
  while (at + 16 <= bytes.length) {
    const kept = view.getUint32(at + 8, little)
    if (kept > MAX_RECORD || at + 16 + kept > bytes.length) {
      truncated = true
      break
    }
    const time = view.getUint32(at, little) * 1000 + view.getUint32(at + 4, little) / perMs
    const packet = offset(bytes.subarray(at + 16, at + 16 + kept))
    const datagram = packet === undefined ? undefined : readUdp(packet, time)
    if (datagram !== undefined) datagrams.push(datagram)
    at += 16 + kept
  }
  return { ok: true, datagrams, truncated: truncated || at < bytes.length }
}

/** Takes the IP packet out of a frame. */
function networkOffset(link: number): ((frame: Uint8Array) => Uint8Array | undefined) | undefined {
  if (link === LINK.raw) return (frame) => frame
  const at = link === LINK.ethernet ? 12 : link === LINK.linuxSll ? 14 : undefined
  if (at === undefined) return undefined
  return (frame) => {
    let type = at
    // IEEE 802.1Q and 802.1ad
    while (frame[type] !== undefined && [0x8100, 0x88a8].includes(word(frame, type))) type += 4
    return [0x0800, 0x86dd].includes(word(frame, type)) ? frame.subarray(type + 2) : undefined
  }
}

interface Inside {
  readonly from: string
  readonly to: string
  /** Where UDP begins. */
  readonly start: number
}

function readUdp(packet: Uint8Array, at: number): Datagram | undefined {
  const version = (packet[0] ?? 0) >> 4
  const found = version === 4 ? insideIpv4(packet) : version === 6 ? insideIpv6(packet) : undefined
  if (found === undefined) return undefined
  const { from, to, start } = found
  if (packet.length < start + UDP_HEADER) return undefined
  const length = word(packet, start + 4)
  if (length < UDP_HEADER || start + length > packet.length) return undefined
  return {
    at,
    from: { address: from, port: word(packet, start) },
    to: { address: to, port: word(packet, start + 2) },
    bytes: packet.slice(start + UDP_HEADER, start + length),
  }
}

function insideIpv4(packet: Uint8Array): Inside | undefined {
  const start = ((packet[0] ?? 0) & 15) * 4
  if (start < IPV4_HEADER || packet[9] !== UDP) return undefined
  // a fragment that is not the first, or with more to come
  if ((word(packet, 6) & 0x3fff) !== 0) return undefined
  return { from: packet.subarray(12, 16).join('.'), to: packet.subarray(16, 20).join('.'), start }
}

function insideIpv6(packet: Uint8Array): Inside | undefined {
  let next = packet[6]
  let start = IPV6_HEADER
  while (next !== undefined && EXTENSIONS.includes(next) && start + 8 <= packet.length) {
    next = packet[start]
    start += 8 + (packet[start + 1] ?? 0) * 8
  }
  // fragments (44) among others
  if (next !== UDP || packet.length < start) return undefined
  return { from: ipv6Text(packet.subarray(8, 24)), to: ipv6Text(packet.subarray(24, 40)), start }
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

/** Four octets or sixteen; without the zone of a link-local address, which does not travel. */
function addressBytes(address: string): Uint8Array | undefined {
  const text = address.replace(/%.*$/, '')
  if (isIPv4(text)) return Uint8Array.from(text.split('.').map(Number))
  if (!isIPv6(text)) return undefined
  const [head = '', tail] = canonical(text).split('::')
  const groups = (part: string | undefined): number[] =>
    part === undefined || part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  const [before, after] = [groups(head), groups(tail)]
  const all = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 255]))
}

/** As RFC 5952 has it. */
function ipv6Text(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) => word(bytes, index * 2).toString(16))
  return canonical(groups.join(':'))
}

/** The shortest form; the one of a URL's host is that, and has no dotted end. */
function canonical(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1)
}

/** RFC 1071: the sum that a checksum is the complement of. */
function sumOf(bytes: Uint8Array): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) sum += word(bytes, at)
  return folded(sum)
}

function folded(sum: number): number {
  let rest = sum
  while (rest > 0xffff) rest = (rest & 0xffff) + (rest >>> 16)
  return rest
}
